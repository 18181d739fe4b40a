/**
 * What a terminal does between a keyboard and a program, as far as a shell on plain pipes needs it: echo (`stty -echo` in a
 * line that is typed ends it, `stty echo` and `stty sane` bring it back; the same with `opost`, and carriage returns), Enter as a new
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
  #echoes = true;
  #addsReturns = true;

  constructor(ends: LineDisciplineEnds) {
    this.#ends = ends;
  }

  typed(data: Buffer): void {
    for (const byte of data) this.#key(byte);
  }

  /** Of the program, for the screen: lines end in carriage return and line feed, unless `stty -opost` was typed. */
  output(data: Buffer): Buffer {
    if (!this.#addsReturns) return data;
    return Buffer.from(data.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
  }

  /** Takes the last character back, which may be several bytes of UTF-8. */
  #erase(): boolean {
    const erased = this.#line.pop();
    if (erased === undefined) return false;
    for (let byte = erased; (byte & 0xc0) === 0x80;) byte = this.#line.pop() ?? 0;
    return true;
  }

  #echo(data: string | Buffer): void {
    if (this.#echoes) this.#ends.echo(Buffer.from(data));
  }

  /** What `stty` would do to a terminal; a pipe has no such settings. */
  #settings(line: string): void {
    for (const [, settings = ''] of line.matchAll(/\bstty((?:\s+-?[a-z]+)+)/g)) {
      const words = settings.split(/\s+/);
      if (words.includes('echo') || words.includes('sane')) this.#echoes = true;
      if (words.includes('-echo')) this.#echoes = false;
      if (words.includes('opost') || words.includes('sane')) this.#addsReturns = true;
      if (words.includes('-opost')) this.#addsReturns = false;
    }
  }

  #key(byte: number): void {
    const { input, endOfInput, interrupt } = this.#ends;
    if (byte === enter || byte === newline) {
      this.#echo('\r\n');
      this.#settings(Buffer.from(this.#line).toString());
      input(Buffer.from([...this.#line, newline]));
      this.#line = [];
    } else if (backspace.has(byte)) {
      if (this.#erase()) this.#echo('\b \b');
    } else if (byte === ctrlC) {
      this.#echo('^C\r\n');
      this.#line = [];
      interrupt();
    } else if (byte === ctrlD) {
      if (this.#line.length > 0) input(Buffer.from(this.#line));
      else endOfInput();
      this.#line = [];
    } else if (this.#line.length < maxLineBytes) {
      this.#line.push(byte);
      this.#echo(Buffer.from([byte]));
    }
  }
}
