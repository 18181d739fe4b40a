/** The mapping between pods and container groups: functions of plain data, without I/O. */
export { podToGroup } from './group/pod-to-group.js';
export { checkUpdate } from './group/pod-update.js';
export { groupName } from './group/group-name.js';
export { fileShareSecrets } from './group/file-share-secrets.js';
export { groupToPod, isGroupOf } from './status/group-to-pod.js';
export { groupToStatus } from './status/group-to-status.js';
export { groupEvents } from './status/group-events.js';
export type { PodMaterial } from './pod-material.js';
export type { GroupSettings, IdentitySettings, LogAnalyticsSettings, OperatingSystem } from './group-settings.js';
