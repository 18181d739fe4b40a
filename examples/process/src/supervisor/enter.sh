# Gives the mount namespace that it is started in what a container finds there, and stays for as long as its input is
# open: `enter.sh STAGE`. Or becomes a command: `enter.sh STAGE COMMAND...`. All that it mounts is gone with the namespace.
#
#   STAGE/root        the new root: directories and empty files to mount on, made by the provider (`../mounts/stage.ts`)
#   STAGE/table       what is mounted on them, in the format of fstab
#   STAGE/read-only   paths below `root`, a line each
set -e
stage=$1
shift
mount --bind "$stage/root" "$stage/root"
mount --all --fstab "$stage/table"
while IFS= read -r path; do
  mount -o remount,bind,ro "$stage/root$path"
done < "$stage/read-only"
cd "$stage/root"
pivot_root . .
umount -l .
cd /
echo ready
if [ $# -gt 0 ]; then exec "$@"; fi
read -r _ || :
