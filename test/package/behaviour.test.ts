import { existsSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parse, readProjectFile, root } from './project.js';

interface Reference {
  readonly file: string;
  readonly title: string;
}

const page = readProjectFile('docs/behaviour.md');
const references: readonly Reference[] = [...page.matchAll(/`([^`\s]+\.ts)` › "([^"]+)"/g)].map(
  ([, file = '', title = '']) => ({ file: `test/${file}`, title }),
);

/** `it`, and what `it.each(…)`, `it.skipIf(…)` and the like call in the end. */
function isTest(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return callee.text === 'it';
  if (ts.isPropertyAccessExpression(callee) || ts.isCallExpression(callee)) return isTest(callee.expression);
  return false;
}

/** The titles of a file's tests, as they are written there. None if there is no such file. */
function titlesOf(file: string): Set<string> {
  const titles = new Set<string>();
  if (!existsSync(path.join(root, file))) return titles;
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTest(node.expression)) {
      const [title] = node.arguments;
      if (title !== undefined && ts.isStringLiteralLike(title)) titles.add(title.text);
      else if (title !== undefined && ts.isTemplateExpression(title)) titles.add(title.getText().slice(1, -1));
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(file));
  return titles;
}

/** Cells of the rows of all tables that have `columns` columns, without their heads. */
function rows(columns: number): string[][] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((cells) => cells.length === columns && !/^-+$/.test(cells[0] ?? '') && cells.at(-1) !== 'Shown by');
}

describe('docs/behaviour.md', () => {
  it('names only tests that exist', () => {
    const files = new Map([...new Set(references.map(({ file }) => file))].map((file) => [file, titlesOf(file)]));
    const missing = references.filter(({ file, title }) => !files.get(file)?.has(title));
    expect(missing).toEqual([]);
  });

  it('names a test for everything that is built, by its file and title', () => {
    const all = [...rows(3), ...rows(2)];
    expect(all.length).toBeGreaterThan(80);
    const without = all.filter((cells) => {
      const [shownBy = '', built = ''] = [...cells].reverse();
      const named = shownBy.split('<br>').every((each) => /^`[^`\s]+\.ts` › "[^"]+"$/.test(each));
      return !(named || (shownBy === '' && built.startsWith('later')));
    });
    expect(without).toEqual([]);
  });

  it('names tests that say which section they are of, where vk-sdk does better in sections 1 to 3', () => {
    for (const [, number = '', section = ''] of page.matchAll(/^## ([123])\. .*\n((?:(?!^## ).*\n)*)/gm)) {
      const better = section.split('\n').filter((line) => /^\|[^|]*\| better/.test(line));
      expect(better.length).toBeGreaterThan(0);
      expect(better.filter((line) => !line.includes(`upstream §${number}`))).toEqual([]);
    }
  });
});
