// The text of a log as lines, while it still grows at its end, and can be read further towards its
// beginning. Bytes are kept as they came: a piece may end inside a character.

/** Colours and styles of terminals; what only moves a cursor is of no use in a list. */
// eslint-disable-next-line no-control-regex
const escapes = /\u001b\[[0-9;?]*[A-Za-z]/g;

export const withoutEscapes = (line: string): string => line.replace(escapes, '');

/** A line of progress is rewritten in place (`\r`): what counts is what it says last. */
const lastWord = (line: string): string => {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf('\r') + 1);
};

export class LogText {
  private chunks: Uint8Array[] = [];
  private decoder = new TextDecoder();
  private tail = '';
  private whole: string[] = [];
  /** Offset of the first and of the byte behind the last that is here. */
  start: number;
  end: number;

  constructor(offset = 0) {
    this.start = offset;
    this.end = offset;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.chunks.push(bytes);
    this.end += bytes.length;
    this.take(bytes);
  }

  /** Puts what stands right before the first byte in front. */
  prepend(bytes: Uint8Array): void {
    this.chunks.unshift(bytes);
    this.start -= bytes.length;
    this.decoder = new TextDecoder();
    this.tail = '';
    this.whole = [];
    for (const chunk of this.chunks) this.take(chunk);
  }

  /** All lines; the last one may be unfinished. */
  lines(): string[] {
    return this.tail === '' ? this.whole.slice() : [...this.whole, lastWord(this.tail)];
  }

  private take(bytes: Uint8Array): void {
    const parts = (this.tail + this.decoder.decode(bytes, { stream: true })).split('\n');
    this.tail = parts.pop() ?? '';
    for (const line of parts) this.whole.push(lastWord(line));
  }
}

/** The numbers of the lines that hold `text`, whatever its case. */
export function findLines(lines: string[], text: string): number[] {
  const wanted = text.toLowerCase();
  const hits: number[] = [];
  if (wanted === '') return hits;
  lines.forEach((line, i) => {
    if (withoutEscapes(line).toLowerCase().includes(wanted)) hits.push(i);
  });
  return hits;
}
