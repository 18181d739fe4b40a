import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { ContainerLogOptions } from 'vk-sdk';

export function readLogs(path: string, _options: ContainerLogOptions, _isOver: () => boolean, _signal: AbortSignal): Readable {
  return Readable.from([readFileSync(path, 'utf8').replace(/^\S+ \S+ \S+ /gm, '')]);
}
