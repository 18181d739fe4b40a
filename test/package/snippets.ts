/**
 * The code of guides and docstrings, compiled. A guide's block is a module as a reader would copy it, with its imports.
 * A docstring's block is an excerpt: what it does not declare is imported from the file it stands in and from the entry
 * points, or is one of the usual suspects (`pod`, `provider`, `client` …), and `…` stands for whatever fits.
 */
import path from 'node:path';
import ts from 'typescript';
import { readProjectFile, root } from './project.js';

export interface Snippet {
  /** `README.md:20`. */
  readonly where: string;
  /** Path of the module that the code is compiled as. */
  readonly module: string;
  readonly code: string;
}

const entries = { 'vk-sdk': 'src/index.ts', 'vk-sdk/testing': 'src/testing/index.ts' };

const suspects = `
declare const pod: import('vk-sdk').Pod;
declare const provider: import('vk-sdk').Provider;
declare const client: import('vk-sdk').KubeClient;
declare const server: import('vk-sdk/testing').FakeApiServer;
declare const context: import('vk-sdk').PodContext;
declare const source: import('vk-sdk').ObjectSource<import('vk-sdk').Pod>;
declare const ca: string, token: string, image: string;
declare function enqueue(object: import('vk-sdk').KubeObject): void;
`;

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true,
  allowUnreachableCode: true,
  paths: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, [path.join(root, file)]])),
};

export function guideSnippets(guide: string): Snippet[] {
  return blocks(guide, readProjectFile(guide), '').map(({ where, line, code }) => ({
    where,
    module: guide.replace(/\.md$/, `.snippet-${line}.ts`),
    code: `${code}\nexport {};\n`,
  }));
}

export function docstringSnippets(source: string): Snippet[] {
  return blocks(source, readProjectFile(source), ' *\\* ?').map(({ where, line, code }) => {
    const module = source.replace(/\.ts$/, `.snippet-${line}.ts`);
    const body = code.replaceAll('…', '(undefined as never)');
    const imported = importsFor(body, source);
    return { where, module, code: `${imported}\n${suspects}\nexport async function excerpt() {\n${body}\n}\n` };
  });
}

function blocks(name: string, text: string, margin: string): { where: string; line: number; code: string }[] {
  const fence = new RegExp(`^${margin}\`\`\`ts\\n((?:${margin}.*\\n)*?)${margin}\`\`\`$`, 'gm');
  return [...text.matchAll(fence)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    const code = (match[1] ?? '').replaceAll(new RegExp(`^${margin}`, 'gm'), '');
    return { where: `${name}:${line}`, line, code };
  });
}

/** Imports for the names that the code uses and does not declare; those of its own file come first. */
function importsFor(code: string, source: string): string {
  const file = ts.createSourceFile('excerpt.ts', code, ts.ScriptTarget.ES2022, true);
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) used.add(node.text);
    if ((ts.isVariableDeclaration(node) || ts.isParameter(node)) && ts.isIdentifier(node.name)) {
      declared.add(node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  const wanted = [...used].filter((name) => !declared.has(name));
  const from = [[`./${path.basename(source, '.ts')}.js`, source], ...Object.entries(entries)] as [string, string][];
  const lines: string[] = [];
  const taken = new Set<string>();
  for (const [specifier, module] of from) {
    const exported = exportsOf(module);
    const names = wanted.filter((name) => exported.has(name) && !taken.has(name));
    for (const name of names) taken.add(name);
    if (names.length > 0) lines.push(`import { ${names.join(', ')} } from '${specifier}';`);
  }
  return lines.join('\n');
}

/** The names that a file exports, as its text says. */
function exportsOf(name: string): Set<string> {
  const file = ts.createSourceFile(name, readProjectFile(name), ts.ScriptTarget.ES2022, true);
  const names = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)) {
      for (const element of statement.exportClause.elements) names.add(element.name.text);
    }
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
    if (!modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
    if (ts.isVariableStatement(statement)) {
      for (const { name: variable } of statement.declarationList.declarations) names.add(variable.getText());
    } else if ('name' in statement) {
      names.add((statement.name as ts.Identifier).text);
    }
  }
  return names;
}

/** What the compiler has to say about the snippets, each complaint with where its snippet is. */
export function compileSnippets(snippets: readonly Snippet[]): string[] {
  const byPath = new Map(snippets.map((snippet) => [path.join(root, snippet.module), snippet]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => byPath.has(path.normalize(name)) || fileExists(name);
  host.readFile = (name) => byPath.get(path.normalize(name))?.code ?? readFile(name);
  host.getSourceFile = (name, language, ...rest) => {
    const code = byPath.get(path.normalize(name))?.code;
    return code === undefined
      ? getSourceFile(name, language, ...rest)
      : ts.createSourceFile(name, code, language, true);
  };
  const program = ts.createProgram([...byPath.keys()], options, host);
  return [...byPath].flatMap(([name, snippet]) => {
    const file = program.getSourceFile(name);
    const complaints = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return complaints.map(({ messageText, start = 0 }) => {
      const line = file?.text.slice(start).split('\n', 1)[0] ?? '';
      return `${snippet.where}: ${ts.flattenDiagnosticMessageText(messageText, ' ')} at "${line}"`;
    });
  });
}
