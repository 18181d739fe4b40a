import { describe, expect, it } from 'vitest';
import { filesIn, importsOf, parse, resolveImport, type Import } from './project.js';

const imports = new Map<string, Import[]>(filesIn('src', '.ts').map((name) => [name, importsOf(parse(name))]));

function neighbours(name: string, withTypes: boolean): string[] {
  return (imports.get(name) ?? [])
    .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && (withTypes || !typeOnly))
    .map(({ specifier }) => resolveImport(name, specifier));
}

/** The first circle found, by depth-first search. */
function findCycle(): string[] | undefined {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (name: string): string[] | undefined => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
    if (done.has(name)) return undefined;
    trail.push(name);
    for (const next of neighbours(name, true)) {
      const found = visit(next);
      if (found) return found;
    }
    trail.pop();
    done.add(name);
    return undefined;
  };
  for (const name of imports.keys()) {
    const found = visit(name);
    if (found) return found;
  }
  return undefined;
}

/** Packages that are loaded when the entry point is. */
function packagesLoadedBy(entry: string): Set<string> {
  const seen = new Set([entry]);
  const packages = new Set<string>();
  for (const name of seen) {
    for (const next of neighbours(name, false)) seen.add(next);
    for (const { specifier, typeOnly } of imports.get(name) ?? []) {
      if (!typeOnly && !specifier.startsWith('.') && !specifier.startsWith('node:')) packages.add(specifier);
    }
  }
  return packages;
}

describe('the sources', () => {
  it('have no import cycles, not even of types', () => {
    expect(findCycle()).toBeUndefined();
  });

  it('import only files that exist', () => {
    const missing = [...imports.keys()].flatMap((name) => neighbours(name, true).filter((next) => !imports.has(next)));
    expect(missing).toEqual([]);
  });
});

describe('importing an entry point', () => {
  it('"vk-sdk" loads neither client-node nor anything else that is not needed at once', () => {
    expect([...packagesLoadedBy('src/index.ts')].sort()).toEqual(['eventemitter3', 'undici', 'ws']);
  });

  it('"vk-sdk/testing" loads no package that a user would have to install besides', () => {
    expect([...packagesLoadedBy('src/testing/index.ts')].sort()).toEqual(['undici', 'ws']);
  });
});
