/** What a table is made of. `index.ts` knows which resource has which. */
import type { KubeObject } from '../../../../kube/types.js';

export interface Column {
  readonly name: string;
  readonly type: 'string';
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority: number;
}

export type Cell = string | number;

export interface TableKind<T extends KubeObject> {
  readonly columns: readonly Column[];
  cells(object: T, nowMs: number): readonly Cell[];
}

/** Columns from names; a leading `+` marks a wide one. */
export function columns(...names: readonly string[]): Column[] {
  return names.map((marked) => {
    const name = marked.replace('+', '');
    return {
      name,
      type: 'string',
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: marked.startsWith('+') ? 1 : 0,
    };
  });
}
