import type { Clock } from 'vk-sdk';

interface Line {
  readonly atMs: number;
  readonly text: string;
}

/** What a container has written, line by line, up to 4 MB as the cloud keeps: the oldest lines go. */
export class LogRing {
  readonly #clock: Clock;
  readonly #maxBytes: number;
  #lines: Line[] = [];
  #bytes = 0;
  #partial = '';
  readonly #followers = new Set<(text: string) => void>();

  constructor(clock: Clock, maxBytes = 4 * 1024 * 1024) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  write(text: string): void {
    for (const follower of this.#followers) follower(text);
    const parts = (this.#partial + text).split('\n');
    this.#partial = parts.pop() ?? '';
    for (const part of parts) this.#add(part);
    if (this.#partial.length > this.#maxBytes / 4) {
      this.#add(this.#partial);
      this.#partial = '';
    }
  }

  /** Calls `follower` with what is written from now on. Returns what ends that. */
  follow(follower: (text: string) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** The last `tail` lines, or all. A line that has not ended yet is the last one. */
  read(options: { readonly tail?: number; readonly timestamps?: boolean } = {}): string {
    const partial = this.#partial === '' ? [] : [{ atMs: this.#clock.now(), text: this.#partial }];
    const all = [...this.#lines, ...partial];
    const chosen = options.tail === undefined ? all : options.tail === 0 ? [] : all.slice(-options.tail);
    const texts = chosen.map(({ atMs, text }) =>
      options.timestamps ? `${new Date(atMs).toISOString()} ${text}` : text,
    );
    const ended = partial.length === 0 && texts.length > 0 ? '\n' : '';
    return texts.join('\n') + ended;
  }

  #add(text: string): void {
    this.#lines.push({ atMs: this.#clock.now(), text });
    this.#bytes += Buffer.byteLength(text) + 1;
    let dropped = 0;
    while (this.#bytes > this.#maxBytes && dropped < this.#lines.length - 1) {
      this.#bytes -= Buffer.byteLength(this.#lines[dropped]?.text ?? '') + 1;
      dropped += 1;
    }
    if (dropped > 0) this.#lines = this.#lines.slice(dropped);
  }
}
