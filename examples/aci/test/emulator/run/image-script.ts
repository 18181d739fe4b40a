/** What an image of pretend mode does. */
export interface ImageScript {
  /**
   * `inaccessible`: the group is refused, with 400 InaccessibleImage. `fails`: provisioning fails. `never`: it is being
   * pulled for ever. Default: it can be pulled.
   */
  readonly pull?: 'ok' | 'inaccessible' | 'fails' | 'never';
  /** After what time it ends. Default: what the command says (`sleep N`, `exit N`), else never. */
  readonly runMs?: number;
  /** Default: what the command says, else 0. */
  readonly exitCode?: number;
  /** What it has written by the time that it runs. Default: a line that says what it pretends to run. */
  readonly log?: readonly string[];
}

/** Of a command without a script: how long it runs, and how it ends. `undefined`: for ever. */
export function endOf(command: readonly string[]): { readonly afterMs: number; readonly exitCode: number } | undefined {
  const words = command.join(' ').split(/[\s;&|]+/);
  const numberAfter = (word: string): number | undefined => {
    const at = words.indexOf(word);
    const number = at < 0 ? NaN : Number.parseFloat(words[at + 1] ?? '');
    return Number.isNaN(number) ? undefined : number;
  };
  const exitCode = numberAfter('exit');
  const seconds = numberAfter('sleep');
  if (exitCode === undefined && seconds === undefined) return undefined;
  return { afterMs: (seconds ?? 0) * 1000, exitCode: (exitCode ?? 0) & 0xff };
}
