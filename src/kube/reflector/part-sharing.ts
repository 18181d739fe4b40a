/**
 * Makes equal strings and equal parts of JSON values the same instances. Pods of one template differ in a few strings,
 * so most of what 100,000 of them hold is held once (figures: `docs/designs/reflector.md`).
 *
 * Works from the leaves up: once its children are shared, a part equals another exactly if their children are the same
 * instances, so that a comparison looks at one level only.
 *
 * Invariants:
 * 1. What comes out is deeply equal to what went in; only the order of names may differ. A hash says no more than where to
 *    look.
 * 2. What is remembered has a bound, and with it what it keeps alive: what was not met for a generation is forgotten, and
 *    forgetting costs memory elsewhere but is never wrong.
 */

type Part = Record<string, unknown> | unknown[];

interface Text {
  readonly value: string;
  readonly id: number;
}

/** Strings above this length are hardly ever equal, and reading them to find out is what costs. */
const longestText = 1024;

/** Deeper parts are left as they are: recursion needs an end, and no resource nests like that. */
const deepest = 64;

/** Lists come sorted by namespace and name, so equal parts are near each other. */
const entriesPerGeneration = 8_192;

export class PartSharing {
  readonly #texts = new Generations<string, Text>();
  readonly #parts = new Generations<number, Part>();
  #nextId = 1;
  /** The hash of the value that `#share` answered last: a second result, without an allocation for each value. */
  #hash = 0;

  /** Answers `value` or an equal one. Changes `value`, which must be plain JSON and belong to the caller. */
  share<T extends object>(value: T): T {
    return this.#share(value, 0) as T;
  }

  #share(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return this.#shareText(value);
      case 'object':
        if (value === null) break;
        if (depth > deepest) return this.#unshared(value);
        return Array.isArray(value)
          ? this.#shareArray(value, depth)
          : this.#shareObject(value as Record<string, unknown>, depth);
      case 'number':
        this.#hash = mix(3, value | 0);
        return value;
      default:
        break;
    }
    this.#hash = value === true ? 5 : value === false ? 7 : 11;
    return value;
  }

  #shareText(value: string): unknown {
    if (value.length > longestText) return this.#unshared(value);
    const text = this.#text(value);
    this.#hash = text.id;
    return text.value;
  }

  #text(value: string): Text {
    const known = this.#texts.get(value);
    if (known !== undefined) return known;
    const text: Text = { value, id: this.#nextId++ };
    this.#texts.set(value, text);
    return text;
  }

  #shareArray(array: unknown[], depth: number): unknown {
    let hash = 17;
    for (let i = 0; i < array.length; i += 1) {
      const item = array[i];
      const shared = this.#share(item, depth + 1);
      if (shared !== item) array[i] = shared;
      hash = mix(hash, this.#hash);
    }
    return this.#sharePart(array, hash, isSameArray);
  }

  #shareObject(object: Record<string, unknown>, depth: number): unknown {
    let hash = 19;
    for (const key in object) {
      const item = object[key];
      const shared = this.#share(item, depth + 1);
      // Names cost most of the time if they are looked up; where only they differ, the comparison tells.
      hash = mix(hash ^ key.length, this.#hash);
      if (shared !== item) object[key] = shared;
    }
    return this.#sharePart(object, hash, isSameObject);
  }

  #sharePart<P extends Part>(part: P, hash: number, isSame: (a: P, b: Part) => boolean): Part {
    this.#hash = hash;
    const known = this.#parts.get(hash);
    if (known !== undefined && isSame(part, known)) return known;
    this.#parts.set(hash, part);
    return part;
  }

  #unshared<V>(value: V): V {
    this.#hash = this.#nextId++;
    return value;
  }
}

/** A map that forgets what was not asked for while it took in a generation of other things. */
class Generations<K, V> {
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= entriesPerGeneration) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) | 0;
}

function isSameArray(a: unknown[], b: Part): boolean {
  if (!Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (!Object.is(a[i], b[i])) return false;
  return true;
}

function isSameObject(a: Record<string, unknown>, b: Part): boolean {
  if (Array.isArray(b)) return false;
  let names = 0;
  for (const key in a) {
    // An absent name reads as undefined, which JSON has not.
    if (a[key] === undefined || !Object.is(a[key], b[key])) return false;
    names += 1;
  }
  return names === Object.keys(b).length;
}
