import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesIn, parse, readProjectFile } from './project.js';

interface Message {
  readonly where: string;
  /** The constant parts of the message, in order. */
  readonly parts: readonly string[];
}

const errorClasses = ['VkError', 'ApiError'];

/** The value of a `const` that is declared before `use` in the same file, where the message has a name. */
function declared(name: ts.Identifier): ts.Expression | undefined {
  let found: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (node.pos >= name.pos) return;
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === name.text) {
      found = node.initializer ?? found;
    }
    ts.forEachChild(node, visit);
  };
  visit(name.getSourceFile());
  return found;
}

function partsOf(expression: ts.Expression): string[] {
  if (ts.isStringLiteralLike(expression)) return [expression.text];
  if (ts.isTemplateExpression(expression)) {
    return [expression.head.text, ...expression.templateSpans.map(({ literal }) => literal.text)];
  }
  if (ts.isBinaryExpression(expression)) return [...partsOf(expression.left), ...partsOf(expression.right)];
  if (ts.isIdentifier(expression)) {
    const value = declared(expression);
    return value === undefined ? [] : partsOf(value);
  }
  return [];
}

/** Every message of an error that a user of the SDK can see. */
function messagesOf(name: string): Message[] {
  const file = parse(name);
  const messages: Message[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.arguments !== undefined) {
      const message = node.arguments[errorClasses.includes(node.expression.text) ? 1 : 2];
      const ofFake = node.expression.text === 'ApiFailure' && message?.getText().includes('fake apiserver');
      if (message !== undefined && (errorClasses.includes(node.expression.text) || ofFake)) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart());
        messages.push({ where: `${name}:${line + 1}`, parts: partsOf(message) });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return messages;
}

/** As it reads in running text: no marks of code, no line breaks. */
function plain(text: string): string {
  return text.replaceAll('`', '').replaceAll('\\|', '|').replace(/\s+/g, ' ');
}

const messages = filesIn('src', '.ts').flatMap(messagesOf);
const page = plain(readProjectFile('docs/troubleshooting.md'));

/** What a reader would search the page for: the constant parts that are more than punctuation. */
function searchable({ parts }: Message): string[] {
  return parts.map((part) => plain(part).trim()).filter((part) => /[a-z]{3}.*[a-z]/i.test(part));
}

describe('docs/troubleshooting.md', () => {
  it('has every error message of the sources', () => {
    expect(messages.length).toBeGreaterThan(30);
    const unexplained = messages
      .filter((message) => searchable(message).some((part) => !page.includes(part)))
      .map((message) => `${message.where}: ${message.parts.join('…')}`);
    expect(unexplained).toEqual([]);
  });
});
