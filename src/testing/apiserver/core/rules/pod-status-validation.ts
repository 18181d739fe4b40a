/** What a written status may not say. */
import { isIP } from 'node:net';
import type { Causes } from '../failures.js';
import { asArray, asObject, type JsonObject } from '../json.js';

/** Addresses must be addresses, and a container that has ended for good does not run again. */
export function validatePodStatus(next: JsonObject, old: JsonObject, causes: Causes): void {
  const status = asObject(next['status']);
  const before = asObject(old['status']);
  for (const list of ['podIPs', 'hostIPs']) {
    if (status[list] === before[list]) continue;
    asArray(status[list]).forEach((each, index) => {
      const { ip } = asObject(each);
      if (isIP(String(ip)) !== 0) return;
      causes.invalid(`status.${list}[${index}]`, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)');
    });
  }
  const { restartPolicy, initContainers } = asObject(old['spec']);
  const sidecars = asArray(initContainers).map(asObject);
  const mayRestart = new Set(sidecars.filter((each) => each['restartPolicy'] === 'Always').map((each) => each['name']));
  if (restartPolicy === 'Always') return;
  for (const list of ['containerStatuses', 'initContainerStatuses']) {
    if (status[list] === before[list]) continue;
    const now = new Map(asArray(status[list]).map((each) => [asObject(each)['name'], terminationOf(each)]));
    asArray(before[list]).forEach((each, index) => {
      const { name } = asObject(each);
      const ended = terminationOf(each);
      if (ended === undefined || mayRestart.has(name)) return;
      if (asObject(ended)['exitCode'] !== 0 && restartPolicy === 'OnFailure') return;
      if (now.has(name) && now.get(name) === undefined) {
        causes.forbidden(`status.${list}[${index}].state`, 'may not be transitioned to non-terminated state');
      }
    });
  }
}

function terminationOf(containerStatus: unknown): unknown {
  return asObject(asObject(containerStatus)['state'])['terminated'];
}
