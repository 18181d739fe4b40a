import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesIn, readProjectFile, root } from './project.js';

interface Manifest {
  readonly dependencies?: Record<string, string>;
}

function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(path.join(root, 'node_modules', name, 'package.json'), 'utf8')) as Manifest;
}

/** The packages that `npm install vk-sdk` brings. */
function packagesInstalled(): Set<string> {
  const { dependencies = {} } = JSON.parse(readProjectFile('package.json')) as Manifest;
  const seen = new Set(Object.keys(dependencies));
  for (const name of seen) {
    for (const next of Object.keys(manifestOf(name).dependencies ?? {})) seen.add(next);
  }
  return seen;
}

/** The packages whose declarations a compiler reads for those of this one. */
function packagesRead(): Set<string> {
  const declarations = filesIn('dist', '.d.ts').map((name) => path.join(root, name));
  const program = ts.createProgram(declarations, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    noEmit: true,
  });
  const names = program.getSourceFiles().flatMap(({ fileName }) => {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(fileName) ?? [];
    return name === undefined ? [] : [name];
  });
  return new Set(names);
}

describe('the declarations of the built package', () => {
  it('read those of packages alone that are installed with it', { timeout: 60_000 }, () => {
    const installed = packagesInstalled();
    const read = packagesRead();
    expect(read).toContain('@kubernetes/client-node');
    expect([...read].filter((name) => name !== 'typescript' && !installed.has(name))).toEqual([]);
  });
});
