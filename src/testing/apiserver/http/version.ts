/** What `/version` answers: the release whose behaviour the fake follows, marked as none of the real ones. */
export const serverVersion = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0-vk-sdk-fake',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: '',
};
