import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandReferences } from '../../../src/provider/environment/expand.js';

const values: Record<string, string> = { VAR_A: 'A', VAR_B: 'B', VAR_C: 'C', VAR_EMPTY: '', VAR_REF: '$(VAR_A)' };
const lookup = (name: string): string | undefined => values[name];

describe('expandReferences (API: EnvVar.value)', () => {
  it.each([
    ['a whole value', '$(VAR_A)', 'A'],
    ['within text', 'foo$(VAR_A)bar', 'fooAbar'],
    ['several', '$(VAR_A)-$(VAR_B)$(VAR_C)', 'A-BC'],
    ['an empty one', '[$(VAR_EMPTY)]', '[]'],
    ['no second round', '$(VAR_REF)', '$(VAR_A)'],
    ['an unknown name', '$(NOBODY)', '$(NOBODY)'],
    ['an escaped reference', '$$(VAR_A)', '$(VAR_A)'],
    ['an escaped escape', '$$$(VAR_A)', '$A'],
    ['twice escaped', '$$$$(VAR_A)', '$$(VAR_A)'],
    ['an unclosed reference', 'x$(VAR_A', 'x$(VAR_A'],
    ['a dollar at the end', 'cash$', 'cash$'],
    ['two dollars at the end', 'cash$$', 'cash$'],
    ['shell syntax', '${VAR_A} $VAR_A', '${VAR_A} $VAR_A'],
    ['a reference in a reference', '$(VAR_$(VAR_A))', '$(VAR_$(VAR_A))'],
    ['nothing between', '$()', '$()'],
    ['beyond the basic plane', '$😀$(VAR_A)', '$😀A'],
    ['no text', '', ''],
  ])('%s', (_, text, expected) => {
    expect(expandReferences(text, lookup)).toBe(expected);
  });

  it('changes no text without a dollar', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const plain = text.replaceAll('$', '');
        expect(expandReferences(plain, lookup)).toBe(plain);
      }),
    );
  });

  it('gives back whatever was escaped', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(expandReferences(text.replaceAll('$', '$$$$'), lookup)).toBe(text);
      }),
    );
  });
});
