import { VkError } from 'vk-sdk';

const size = 2 ** 16;

/** Addresses of 10.88.0.0/16, none to two pods at a time; one that is given back rests as long as others are free. */
export class IpPool {
  readonly #taken = new Set<number>();
  #next = 2;

  take(): string {
    // The network, its first address (a gateway, by custom) and its broadcast address are nobody's.
    if (this.#taken.size >= size - 3)
      throw new VkError('TooManyRequests', 'pod network 10.88.0.0/16: no address is free');
    while (this.#taken.has(this.#next)) this.#advance();
    const number = this.#next;
    this.#taken.add(number);
    this.#advance();
    return `10.88.${number >> 8}.${number & 255}`;
  }

  release(address: string): void {
    const [, , third = 0, fourth = 0] = address.split('.').map(Number);
    this.#taken.delete(third * 256 + fourth);
  }

  #advance(): void {
    this.#next = this.#next >= size - 2 ? 2 : this.#next + 1;
  }
}
