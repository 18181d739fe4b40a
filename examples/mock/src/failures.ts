import { UsageError } from '@vk-sdk-examples/shared';
import type { Random } from 'vk-sdk';

/** Decides for each call whether it fails: the first `N` of them, or a share (`0.2`, `20%`) at random. */
export class Failures {
  readonly #rate: number;
  readonly #random: Random;
  #left: number;

  /** Throws `UsageError` for text that is neither a count nor a share. */
  constructor(flag: string, text: string, random: Random) {
    const share = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
    const value = share === undefined ? Number(text) : Number(share) / 100;
    const isShare = share !== undefined || !Number.isInteger(value);
    if (text === '' || !(value >= 0) || (isShare && value > 1) || value === Infinity) {
      throw new UsageError(`${flag}: "${text}" is neither a number of calls nor a share such as 0.2 or 20%`);
    }
    this.#rate = isShare ? value : 0;
    this.#left = isShare ? 0 : value;
    this.#random = random;
  }

  strikes(): boolean {
    if (this.#left > 0) {
      this.#left--;
      return true;
    }
    return this.#rate > 0 && this.#random() < this.#rate;
  }
}
