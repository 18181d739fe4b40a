/** Label selectors in the apiserver's text form: `app=web,tier in (a,b),!debug`. */
import { badRequest } from './failures.js';

export type Labels = { readonly [key: string]: string };
export type LabelPredicate = (labels: Labels | undefined) => boolean;

const everything: LabelPredicate = () => true;

/**
 * Reads a selector. `!=` and `notin` also select what lacks the key, as Kubernetes has it.
 * Throws 400 with the position of what cannot be read.
 */
export function parseLabelSelector(text: string | undefined): LabelPredicate {
  if (text === undefined || text.trim() === '') return everything;
  const requirements = splitRequirements(text).map(parseRequirement);
  return (labels) => requirements.every((matches) => matches(labels));
}

/** Splits at the commas that are not inside parentheses. */
function splitRequirements(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim());
}

const key = '([A-Za-z0-9][-A-Za-z0-9_./]*)';
const exists = new RegExp(`^(!?)\\s*${key}$`);
const compares = new RegExp(`^${key}\\s*(==|=|!=|>|<)\\s*([-A-Za-z0-9_.]*)$`);
const isInSet = new RegExp(`^${key}\\s+(in|notin)\\s*\\(([^()]*)\\)$`);

function parseRequirement(text: string): LabelPredicate {
  const existence = exists.exec(text);
  if (existence) {
    const [, not, name = ''] = existence;
    return not === '!' ? (labels) => labels?.[name] === undefined : (labels) => labels?.[name] !== undefined;
  }
  const comparison = compares.exec(text);
  if (comparison) {
    const [, name = '', operator = '', value = ''] = comparison;
    return compare(name, operator, value);
  }
  const set = isInSet.exec(text);
  if (set) {
    const [, name = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((each) => each.trim()));
    if (operator === 'in') return (labels) => labels?.[name] !== undefined && values.has(labels[name]);
    return (labels) => labels?.[name] === undefined || !values.has(labels[name]);
  }
  throw badRequest(`unable to parse requirement: found '${text}', expected: a label selector requirement`);
}

function compare(name: string, operator: string, value: string): LabelPredicate {
  switch (operator) {
    case '!=':
      return (labels) => labels?.[name] !== value;
    case '>':
    case '<': {
      const bound = Number(value);
      if (!/^-?\d+$/.test(value)) {
        throw badRequest(`for 'Gt', 'Lt' operators, the value must be an integer`);
      }
      return (labels) => {
        const label = labels?.[name];
        if (label === undefined || !/^-?\d+$/.test(label)) return false;
        return operator === '>' ? Number(label) > bound : Number(label) < bound;
      };
    }
    default:
      return (labels) => labels?.[name] === value;
  }
}
