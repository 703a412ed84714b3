import { BYTE } from '../base/bytes';
import type { RecordParser } from '../formats/format';
import type { Framer, FramerRange } from './framer';
import { JsonSplitter, MAX_OBJECT_BYTES } from './json-splitter';
import { LineFramer } from './line-framer';
import type { RangeSink } from './sink';

const LINE_END = Uint8Array.of(BYTE.newline);

/**
 * JSON lines: an object a line, so that lines can be found without looking into them and files shared out in ranges. A line that
 * is not just one object (several, a comma behind it, something in front) goes through the splitter on its own.
 */
export class JsonLinesFramer implements Framer {
  readonly #framer: LineFramer;
  readonly #parser: RecordParser;
  readonly #sink: RangeSink;
  readonly #maxBytes: number;
  /** Records beyond one a line. */
  #extra = 0;

  constructor(parser: RecordParser, sink: RangeSink, range: FramerRange, maxBytes = MAX_OBJECT_BYTES) {
    this.#parser = parser;
    this.#sink = sink;
    this.#maxBytes = maxBytes;
    const line: RecordParser = {
      record: (bytes, start, end, offset, number) => this.#line(bytes, start, end, offset, number),
      ...(parser.objects && { objects: parser.objects }),
    };
    this.#framer = new LineFramer(line, sink, range, maxBytes);
  }

  get records(): number {
    return this.#framer.records + this.#extra;
  }

  get lines(): number {
    return this.#framer.lines;
  }

  push(chunk: Uint8Array): boolean {
    return this.#framer.push(chunk);
  }

  finish(): { isCut: boolean } {
    return this.#framer.finish();
  }

  #line(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    if (this.#parser.objects?.hasScanned(bytes, start, end) || isOneObject(bytes, start, end)) {
      this.#parser.record(bytes, start, end, offset, line);
      return;
    }
    const splitter = new JsonSplitter(this.#parser, this.#sink, { maxBytes: this.#maxBytes, offset, line });
    splitter.push(bytes.subarray(start, end));
    splitter.push(LINE_END);
    splitter.finish('it does not end on its line');
    this.#extra += splitter.records - 1;
  }
}

/** Whether a line looks like a single object: braces at both ends, and no object that begins right behind another's end. */
function isOneObject(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== BYTE.openBrace || bytes[end - 1] !== BYTE.closeBrace) return false;
  let brace = bytes.indexOf(BYTE.openBrace, start + 1);
  while (brace !== -1 && brace < end) {
    let before = brace - 1;
    while (bytes[before] === BYTE.space || bytes[before] === BYTE.tab) before -= 1;
    if (bytes[before] === BYTE.closeBrace) return false;
    brace = bytes.indexOf(BYTE.openBrace, brace + 1);
  }
  return true;
}
