/**
 * What a terminal does between a keyboard and a program, as far as a shell on plain pipes needs it: echo, Enter as a new
 * line, Backspace within the line, Ctrl-C as an interrupt, Ctrl-D as the end of input. No cursor keys, no raw mode, no
 * size: a program that draws on a terminal is not served.
 */
const enter = 0x0d;
const newline = 0x0a;
const backspace = new Set([0x08, 0x7f]);
const ctrlC = 0x03;
const ctrlD = 0x04;
const maxLineBytes = 4096;

export interface LineDisciplineEnds {
  readonly echo: (data: Buffer) => void;
  readonly input: (line: Buffer) => void;
  readonly endOfInput: () => void;
  readonly interrupt: () => void;
}

export class LineDiscipline {
  readonly #ends: LineDisciplineEnds;
  #line: number[] = [];

  constructor(ends: LineDisciplineEnds) {
    this.#ends = ends;
  }

  typed(data: Buffer): void {
    for (const byte of data) this.#key(byte);
  }

  /** Of the program, for the screen: lines end in carriage return and line feed. */
  output(data: Buffer): Buffer {
    return Buffer.from(data.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
  }

  /** Takes the last character back, which may be several bytes of UTF-8. */
  #erase(): boolean {
    const erased = this.#line.pop();
    if (erased === undefined) return false;
    for (let byte = erased; (byte & 0xc0) === 0x80;) byte = this.#line.pop() ?? 0;
    return true;
  }

  #key(byte: number): void {
    const { echo, input, endOfInput, interrupt } = this.#ends;
    if (byte === enter || byte === newline) {
      echo(Buffer.from('\r\n'));
      input(Buffer.from([...this.#line, newline]));
      this.#line = [];
    } else if (backspace.has(byte)) {
      if (this.#erase()) echo(Buffer.from('\b \b'));
    } else if (byte === ctrlC) {
      echo(Buffer.from('^C\r\n'));
      this.#line = [];
      interrupt();
    } else if (byte === ctrlD) {
      if (this.#line.length > 0) input(Buffer.from(this.#line));
      else endOfInput();
      this.#line = [];
    } else if (this.#line.length < maxLineBytes) {
      this.#line.push(byte);
      echo(Buffer.from([byte]));
    }
  }
}
