import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import type { ShellWorld } from '../support/shell-world.js';
import { exitOf, type StreamKubectl } from '../support/stream-kubectl.js';

const minuteMs = 60_000;

export function kubectlLogs(kubectl: StreamKubectl, world: ShellWorld): void {
  describe('logs', () => {
    const logs = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await kubectl.run(['logs', ...args]);
      if (code !== 0) throw new Error(`kubectl logs ${args.join(' ')}: ${code}: ${stderr}`);
      return stdout;
    };

    let startedMs: number;
    beforeAll(() => {
      startedMs = Date.now() - 10 * minuteMs;
      // Each run of kubectl has its own run of the containers.
      world.undeclared.restart('undeclared');
      world.undeclared.restart('undeclared', 'side');
      const main = world.undeclared.log('undeclared');
      for (const minute of [0, 1, 2, 8, 9]) main.write({ text: `line ${minute}`, time: startedMs + minute * minuteMs });
      main.write({ text: 'line err', stream: 'stderr', time: startedMs + 9.5 * minuteMs });
      world.undeclared.log('undeclared', 'side').write({ text: 'from side' });
    });

    it('kubelet-protocol §5: shows what its flags ask for', async () => {
      const main = ['undeclared', '-c', 'main'];
      const all = 'line 0\nline 1\nline 2\nline 8\nline 9\nline err\n';
      const since = new Date(startedMs + 8 * minuteMs).toISOString();
      const [whole, tail, none, recent, sinceTime, limited, stamped] = await Promise.all([
        logs(...main),
        logs(...main, '--tail=2'),
        logs(...main, '--tail=0'),
        logs(...main, '--since=5m'),
        logs(...main, `--since-time=${since}`),
        logs(...main, '--limit-bytes=9'),
        logs(...main, '--timestamps', '--tail=1'),
      ]);
      expect({ whole, tail, none, recent, sinceTime, limited }).toEqual({
        whole: all,
        tail: 'line 9\nline err\n',
        none: '',
        recent: 'line 8\nline 9\nline err\n',
        sinceTime: 'line 8\nline 9\nline err\n',
        limited: 'line 0\nli',
      });
      expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z line err\n$/);
    });

    it('shows those of all containers, and of all pods of a selector, with a prefix', async () => {
      const [all, selected, unnamed] = await Promise.all([
        logs('undeclared', '--all-containers', '--tail=1'),
        logs('-l', 'app=shell', '-c', 'side', '--prefix', '--tail=1'),
        kubectl.run(['logs', 'undeclared', '-c', 'nobody']),
      ]);
      // In the order in which they answer.
      expect(all.split('\n').sort()).toEqual(['', 'from side', 'line err']);
      expect(selected).toContain('[pod/undeclared/side] from side\n');
      expect(unnamed.code).toBe(1);
      expect(unnamed.stderr).toContain('container nobody is not valid for pod undeclared');
    });

    it('kubelet-protocol §5: -f shows lines as they come, and ends with the container', async () => {
      const child = kubectl.spawn(['logs', '-f', 'undeclared', '-c', 'main', '--tail=1']);
      let shown = '';
      child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (shown += chunk.toString()));
      await eventually(() => expect(shown).toBe('line err\n'));
      world.undeclared.log('undeclared').write({ text: 'a new line' });
      await eventually(() => expect(shown).toBe('line err\na new line\n'));
      world.undeclared.restart('undeclared');
      expect(await exitOf(child)).toBe(0);
      expect(shown).toBe('line err\na new line\n');

      world.undeclared.log('undeclared').write({ text: 'of the new run' });
      expect(await logs('undeclared', '-c', 'main', '--previous', '--tail=1')).toBe('a new line\n');
      expect(await logs('undeclared', '-c', 'main')).toBe('of the new run\n');
    });
  });
}
