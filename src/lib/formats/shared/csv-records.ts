import { decodeUtf8 } from '../../base/bytes';

/** One record of a delimited file, as text: one line, or several where a quoted cell holds line ends. */
export interface CsvRecord {
  readonly text: string;
  readonly offset: number;
  readonly line: number;
  /** Lines it takes up. */
  readonly lines: number;
}

const QUOTE = 34;
/** A quoted cell longer than this, or over more lines, was never closed: the file would otherwise vanish into one record. */
const LONGEST_RECORD = 1 << 20;
const MOST_LINES = 2000;

/**
 * Joins lines to records: a line end inside a quoted cell does not end the record (RFC 4180). A quote opens a cell only at its beginning, so a
 * stray one inside a cell (`5" disk`) is text.
 */
export class CsvRecordCutter {
  readonly #delimiter: number;
  readonly #emit: (record: CsvRecord) => void;
  /** Called with the first line of a record whose quote is never closed; its other lines are then records of their own. */
  readonly #broken: (record: CsvRecord) => void;
  #pending: { text: string; offset: number; line: number }[] = [];
  #pendingLength = 0;

  constructor(delimiter: string, emit: (record: CsvRecord) => void, broken: (record: CsvRecord) => void) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#emit = emit;
    this.#broken = broken;
  }

  /** Whether the next line continues a record. */
  get isOpen(): boolean {
    return this.#pending.length > 0;
  }

  line(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    this.#take(decodeUtf8(bytes, start, end), offset, line);
  }

  /** The end of the source: an open quote stays open. */
  finish(): void {
    if (this.#pending.length > 0) this.#giveUp();
  }

  #take(text: string, offset: number, line: number): void {
    const isOpenAfter = endsInQuotes(text, this.#delimiter, this.isOpen);
    if (!this.isOpen && !isOpenAfter) {
      this.#emit({ text, offset, line, lines: 1 });
      return;
    }
    this.#pending.push({ text, offset, line });
    this.#pendingLength += text.length;
    if (!isOpenAfter) {
      const [first] = this.#pending;
      const whole = this.#pending.map((part) => part.text).join('\n');
      const lines = this.#pending.length;
      this.#clear();
      if (first) this.#emit({ text: whole, offset: first.offset, line: first.line, lines });
    } else if (this.#pending.length > MOST_LINES || this.#pendingLength > LONGEST_RECORD) this.#giveUp();
  }

  /** The first line is broken; the others count as records of their own, each read once, whatever quotes they hold. */
  #giveUp(): void {
    const [first, ...rest] = this.#pending;
    this.#clear();
    if (first) this.#broken({ ...first, lines: 1 });
    for (const part of rest) {
      const record = { ...part, lines: 1 };
      if (endsInQuotes(part.text, this.#delimiter, false)) this.#broken(record);
      else this.#emit(record);
    }
  }

  #clear(): void {
    this.#pending = [];
    this.#pendingLength = 0;
  }
}

/** Whether the end of the line lies inside a quoted cell, given whether its beginning does. */
function endsInQuotes(text: string, delimiter: number, isOpen: boolean): boolean {
  if (!isOpen && !text.includes('"')) return false;
  let isQuoted = isOpen;
  let isCellStart = !isOpen;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isQuoted) {
      if (code !== QUOTE) continue;
      if (text.charCodeAt(i + 1) === QUOTE) i += 1;
      else isQuoted = false;
    } else if (code === QUOTE && isCellStart) isQuoted = true;
    else isCellStart = code === delimiter;
    if (isQuoted) isCellStart = false;
  }
  return isQuoted;
}
