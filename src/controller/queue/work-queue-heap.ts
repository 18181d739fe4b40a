/** Keys ordered by the time they are due: a binary heap. The same key may be in it several times. */
export interface DueKey {
  readonly key: string;
  readonly dueMs: number;
}

export class DueHeap {
  #items: DueKey[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): DueKey | undefined {
    return this.#items[0];
  }

  push(item: DueKey): void {
    let index = this.#items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (this.#dueAt(parent) <= item.dueMs) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  pop(): DueKey | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return first;
    this.#items[0] = last;
    this.#sink(0);
    return first;
  }

  /** Drops what `keep` refuses. */
  filter(keep: (item: DueKey) => boolean): void {
    this.#items = this.#items.filter(keep);
    for (let index = (this.#items.length >>> 1) - 1; index >= 0; index -= 1) this.#sink(index);
  }

  #sink(start: number): void {
    let index = start;
    for (;;) {
      const left = index * 2 + 1;
      const child = this.#dueAt(left + 1) < this.#dueAt(left) ? left + 1 : left;
      if (this.#dueAt(child) >= this.#dueAt(index)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #dueAt(index: number): number {
    return this.#items[index]?.dueMs ?? Infinity;
  }

  #swap(a: number, b: number): void {
    const [atA, atB] = [this.#items[a], this.#items[b]];
    if (atA === undefined || atB === undefined) return;
    this.#items[a] = atB;
    this.#items[b] = atA;
  }
}
