/** A line for the terminal: what it is about, and what there is to say. */
export function say(about: string, text: string): void {
  process.stdout.write(about === '' ? `${text}\n` : `${about.padEnd(12)}${text}\n`);
}
