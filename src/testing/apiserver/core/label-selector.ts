/** Label selectors in the apiserver's text form: `app=web,tier in (a,b),!debug`. */
import { badRequest } from './failures.js';

export type Labels = { readonly [key: string]: string };
export type LabelPredicate = (labels: Labels | undefined) => boolean;

const everything: LabelPredicate = () => true;
const operators = new Set(['=', '==', '!=', 'in', 'notin', '>', '<']);
const symbols = new Set(['=', '==', '!=', '>', '<', '(', ')', ',', '!']);

/**
 * Reads a selector. `!=` and `notin` also select what lacks the key, as Kubernetes has it.
 * Throws 400 with what was found where something else must stand.
 */
export function parseLabelSelector(text: string | undefined): LabelPredicate {
  if (text === undefined || text.trim() === '') return everything;
  const requirements = new Reader(text).requirements();
  return (labels) => requirements.every((matches) => matches(labels));
}

/** Reads tokens from left to right; an empty token is the end. */
class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(/==|!=|[=><(),!]|[^\s=><(),!]+/g) ?? [];
  }

  requirements(): LabelPredicate[] {
    const requirements: LabelPredicate[] = [];
    for (;;) {
      const next = this.#peek();
      if (next !== '!' && symbols.has(next)) {
        throw badRequest(`found '${next}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirement());
      const separator = this.#take();
      if (separator === '') return requirements;
      if (separator !== ',') throw badRequest(`found '${separator}', expected: ',' or 'end of string'`);
      if (this.#peek() === '') throw badRequest("found '', expected: identifier after ','");
    }
  }

  #requirement(): LabelPredicate {
    if (this.#peek() === '!') {
      this.#take();
      const name = this.#identifier();
      return (labels) => labels?.[name] === undefined;
    }
    const name = this.#identifier();
    const next = this.#peek();
    if (next === '' || next === ',') return (labels) => labels?.[name] !== undefined;
    if (!operators.has(next)) throw unparsable(next, ', expected: in, notin, =, ==, !=, gt, lt');
    this.#take();
    if (next === 'in') {
      const values = this.#values();
      return (labels) => labels?.[name] !== undefined && values.has(labels[name]);
    }
    if (next === 'notin') {
      const values = this.#values();
      return (labels) => labels?.[name] === undefined || !values.has(labels[name]);
    }
    const value = this.#peek() === ',' ? '' : this.#take();
    if (symbols.has(value)) throw unparsable(value, ', expected: identifier');
    return compare(name, next, value);
  }

  #identifier(): string {
    const token = this.#take();
    if (token === '' || symbols.has(token)) throw unparsable(token, ', expected: identifier');
    return token;
  }

  #values(): Set<string> {
    const open = this.#take();
    if (open !== '(') throw unparsable(open, " expected: '('");
    const values = new Set<string>();
    let current = '';
    for (;;) {
      const token = this.#take();
      if (token === '') throw unparsable('', ", expected: ',' or ')'");
      if (token !== ',' && token !== ')') {
        if (symbols.has(token) || current !== '') throw unparsable(token, ", expected: ',' or ')'");
        current = token;
        continue;
      }
      values.add(current);
      current = '';
      if (token === ')') return values;
    }
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  #take(): string {
    return this.#tokens[this.#at++] ?? '';
  }
}

function compare(name: string, operator: string, value: string): LabelPredicate {
  switch (operator) {
    case '!=':
      return (labels) => labels?.[name] !== value;
    case '>':
    case '<': {
      if (!isInteger(value)) {
        const why = "for 'Gt', 'Lt' operators, the value must be an integer";
        throw badRequest(`unable to parse requirement: values[0]: Invalid value: ${JSON.stringify(value)}: ${why}`);
      }
      return (labels) => {
        const label = labels?.[name];
        if (label === undefined || !isInteger(label)) return false;
        return operator === '>' ? BigInt(label) > BigInt(value) : BigInt(label) < BigInt(value);
      };
    }
    default:
      return (labels) => labels?.[name] === value;
  }
}

function isInteger(text: string): boolean {
  return /^-?\d+$/.test(text);
}

function unparsable(found: string, expectation: string): Error {
  return badRequest(`unable to parse requirement: found '${found}'${expectation}`);
}
