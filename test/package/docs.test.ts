import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesIn, readProjectFile, root } from './project.js';
import { compileSnippets, docstringSnippets, guideSnippets } from './snippets.js';

const guides = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...filesIn('docs', '.md'),
  ...filesIn('examples', '.md'),
];
const sources = filesIn('src', '.ts');

/** A heading's anchor, as GitHub makes it. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function brokenLinks(guide: string): string[] {
  const links = [...readProjectFile(guide).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return links
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [file = '', anchor] = target.split('#');
      const pointed = file === '' ? guide : path.join(path.dirname(guide), file);
      if (!existsSync(path.join(root, pointed))) return true;
      return anchor !== undefined && !anchorsOf(readProjectFile(pointed)).includes(anchor);
    })
    .map((target) => `${guide}: ${target}`);
}

describe('the documentation', () => {
  it('has no broken links', () => {
    expect(guides.flatMap(brokenLinks)).toEqual([]);
  });

  it('lists every design', () => {
    const index = readProjectFile('docs/designs/README.md');
    const pages = filesIn('docs/designs', '.md').map((name) => path.basename(name));
    expect(pages.filter((name) => name !== 'README.md' && !index.includes(`(${name})`))).toEqual([]);
  });

  it('shows only code that compiles', { timeout: 120_000 }, () => {
    const snippets = [...guides.flatMap(guideSnippets), ...sources.flatMap(docstringSnippets)];
    expect(snippets.length).toBeGreaterThan(20);
    expect(compileSnippets(snippets)).toEqual([]);
  });
});
