import { describe, expect, it } from 'vitest';
import { soakSessions } from '../../../bench/soak/r6-sessions.js';

describe('many sessions', () => {
  it('R6: connections and execs, some aborted midway, leave no socket and no timer', async () => {
    const { failures, before, after } = await soakSessions({ connections: 500, execs: 40, aborted: 20 });
    expect(failures).toEqual([]);
    expect(after).toEqual(before);
  });
});
