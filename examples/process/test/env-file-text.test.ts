import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { envFileText } from '../src/pods/env-file-text.js';

const longest = 1024 * 1024;

describe('the file of a fileKeyRef', () => {
  function volume(): string {
    const path = mkdtempSync(join(tmpdir(), 'vk-env-file-'));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    mkdirSync(join(path, 'folder'));
    return path;
  }

  it('is read as it is, up to its limit', () => {
    const path = volume();
    writeFileSync(join(path, 'folder', 'full'), 'x'.repeat(longest));
    writeFileSync(join(path, 'folder', 'over'), 'x'.repeat(longest + 1));
    expect(envFileText(path, 'folder/full')).toHaveLength(longest);
    expect(envFileText(path, 'folder/over')).toBe('');
  });

  it('is nothing where there is a folder, or what leads out of the volume', () => {
    const path = volume();
    symlinkSync('/etc', join(path, 'etc'));
    symlinkSync('loop', join(path, 'loop'));
    for (const each of ['folder', 'none', 'folder/none', 'etc/passwd', 'loop', '../x', '/etc/passwd']) {
      expect(envFileText(path, each), each).toBe('');
    }
  });

  it.skipIf(process.platform !== 'linux')('is read no further than its limit, whatever its size was said to be', () => {
    // Of no size, and long: as a file is to which a container keeps adding.
    expect(statSync('/proc/kallsyms').size).toBe(0);
    expect(envFileText('/proc', 'kallsyms')).toBe('');
  });
});
