import { BYTE, decodeUtf8, encodeUtf8 } from '../base/bytes';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { kernelFor } from './shared/kernels';
import { ZeekColumns, type ZeekHeader } from './shared/zeek-columns';
import { ZeekConnLines } from './shared/zeek-conn-lines';
import { F, zeekFieldOf, type ZeekField } from './shared/zeek-fields';
import { zeekLogKind } from './shared/zeek-kinds';
import { ZeekLogs } from './shared/zeek-logs';

const HASH = 35;

const DIRECTIVE = /^#(separator|set_separator|empty_field|unset_field|path|open|close|fields|types)(.*)$/s;

/** `\x09`, `\x7c\x7c` or the bytes themselves. */
function separatorOf(text: string): Uint8Array {
  const plain = text.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return encodeUtf8(plain === '' ? '\t' : plain);
}

function defaultHeader(): ZeekHeader {
  return { separator: encodeUtf8('\t'), unset: '-', empty: '(empty)', path: '', fields: [] };
}

function textOf({ separator, unset, empty, path, fields }: ZeekHeader): string {
  return JSON.stringify([decodeUtf8(separator), unset, empty, path, fields]);
}

/** Takes in one `#` line; true when the line was one that Zeek writes. */
function takeDirective(header: ZeekHeader, line: string): boolean {
  const match = DIRECTIVE.exec(line.replace(/\r$/, ''));
  if (!match) return false;
  const [, name = '', rest = ''] = match;
  if (name === 'separator') {
    // The one directive that a blank divides, because no separator is known before it.
    header.separator = separatorOf(rest.replace(/^ /, ''));
    header.path = '';
    header.fields = [];
    return true;
  }
  const separator = decodeUtf8(header.separator);
  const value = rest.startsWith(separator) ? rest.slice(separator.length) : rest.replace(/^\s/, '');
  if (name === 'unset_field') header.unset = value;
  else if (name === 'empty_field') header.empty = value;
  else if (name === 'path') header.path = value.trim();
  else if (name === 'fields') header.fields = value.split(separator);
  return true;
}

/** A header line without `#fields`, as zeek-cut and `Log::ascii_tsv` print it. */
function bareHeader(line: string): readonly string[] | null {
  const names = line.replace(/^\uFEFF/, '').split('\t');
  if (names.length < 3 || names.some((name) => !/^[a-z][\w.]*$/i.test(name))) return null;
  const known = names.map(zeekFieldOf);
  const isZeek = known.includes(F.ts) && (known.includes(F.uid) || known.includes(F['id.orig_h']));
  return isZeek && known.filter((field) => field !== undefined).length * 3 > names.length ? names : null;
}

/** The first header of the head, and whether there was one. */
function headerOf(head: Head): { header: ZeekHeader; directives: number } {
  const header = defaultHeader();
  let directives = 0;
  for (const line of head.lines) {
    if (line.startsWith('#')) {
      if (takeDirective(header, line)) directives += 1;
    } else if (line.trim() !== '') {
      if (header.fields.length === 0) {
        const names = bareHeader(line);
        if (names) {
          header.fields = names;
          directives += 2;
        }
      }
      break;
    }
  }
  return { header, directives };
}

class ZeekParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #logs: ZeekLogs;
  readonly #columns: ZeekColumns;
  readonly #header: ZeekHeader;
  #read: ReturnType<ZeekLogs['reader']>;
  #skipKind = '';
  #isConn = false;
  #connLines: ZeekConnLines | undefined;
  /** The columns that lines were read by so far. */
  #fields: string;
  #inEffect = '';

  constructor(sink: RecordSink, header: ZeekHeader) {
    this.#sink = sink;
    this.#logs = new ZeekLogs(sink);
    this.#columns = new ZeekColumns(sink);
    this.#header = header;
    this.#fields = header.fields.join();
    this.#adopt();
  }

  /** Directives take effect at the next `#fields`: what they say and what is in effect both count. */
  header(): string {
    return `${this.#inEffect}\n${textOf(this.#header)}`;
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    if (bytes[start] === HASH) this.#directive(decodeUtf8(bytes, start, end));
    else {
      this.#columns.split(bytes, start, end);
      this.#line(bytes, start, end, offset, line);
    }
  }

  block(bytes: Uint8Array, start: number, end: number, offset: number, line: number): number {
    const origin = offset - start;
    this.#makeConnLines(end - start);
    let at = start;
    let lines = 0;
    while (at < end) {
      if (this.#isConn && this.#connLines) {
        at = this.#connLines.read(bytes, at, end, origin, line + lines);
        lines += this.#connLines.taken;
        if (at >= end) break;
      }
      const place = origin + at;
      let stop = end;
      if (bytes[at] === HASH) {
        const newline = bytes.indexOf(BYTE.newline, at);
        if (newline !== -1 && newline < end) stop = newline;
        this.#directive(decodeUtf8(bytes, at, stop));
      } else {
        stop = this.#columns.split(bytes, at, end);
        if (isBlank(bytes, at, stop)) this.#sink.skip('blank');
        else this.#line(bytes, at, stop, place, line + lines);
      }
      lines += 1;
      at = stop + 1;
    }
    return lines;
  }

  #makeConnLines(blockBytes: number): void {
    if (!this.#isConn || this.#connLines) return;
    const module = kernelFor('zeek-conn', blockBytes);
    if (!module) return;
    this.#connLines = new ZeekConnLines(module, this.#sink);
    this.#connLines.use(this.#header);
  }

  /** The line that `#columns` has split. */
  #line(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const { count } = this.#columns;
    const expected = this.#header.fields.length;
    if (this.#isBareHeader(bytes, start, end)) this.#sink.skip('header');
    else if (expected === 0)
      this.#sink.reject(
        'no #fields line stands before it, so it is not known what its columns hold: was the beginning of the file cut off?',
        bytes,
        start,
        end,
        line,
      );
    else if (count !== expected)
      this.#sink.reject(`${expected} columns expected, ${count} found`, bytes, start, end, line);
    else if (!this.#read) this.#sink.skip(this.#skipKind);
    else {
      const reason = this.#read(this.#columns, offset, line);
      if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
    }
  }

  #directive(line: string): void {
    this.#sink.skip(takeDirective(this.#header, line) ? 'header' : 'comment');
    if (!line.startsWith('#fields')) return;
    this.#noteOtherFields();
    this.#adopt();
  }

  #noteOtherFields(): void {
    const fields = this.#header.fields.join();
    if (this.#fields !== '' && fields !== this.#fields)
      this.#sink.note(
        'A header inside the file names other columns than the one before it: the lines after it were read by the new header.',
      );
    this.#fields = fields;
  }

  #isBareHeader(bytes: Uint8Array, start: number, end: number): boolean {
    // "ts" and a tab: no time begins with a letter.
    if (bytes[start] !== 116 && bytes[start] !== 117) return false;
    const names = bareHeader(decodeUtf8(bytes, start, end).replace(/\r$/, ''));
    if (!names) return false;
    this.#header.fields = names;
    this.#adopt();
    return true;
  }

  #adopt(): void {
    const fields = new Set<ZeekField | undefined>(this.#header.fields.map(zeekFieldOf));
    const kind = zeekLogKind(this.#header.path, (field) => fields.has(field));
    this.#inEffect = textOf(this.#header);
    this.#columns.use(this.#header);
    this.#isConn = kind === 'conn';
    this.#connLines?.use(this.#header);
    this.#read = this.#logs.reader(kind);
    this.#skipKind = `zeek ${this.#header.path === '' ? 'log of an unknown kind' : this.#header.path}`;
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((bytes[i] as number) > BYTE.space) return false;
  return true;
}

/**
 * Zeek's tab-separated logs. conn gives flows; ssh, rdp, ntlm and kerberos logins; http, mysql, postgresql, redis, smb_files and ftp queries; the
 * others are counted by name. Rotated logs that were put one behind the other carry their headers with them.
 */
export const zeek: Format = {
  id: 'zeek',
  label: 'Zeek log',
  framing: 'lines',
  splittable: true,
  keepsPace: (head) => headerOf(head).header.path === 'conn',
  heldOffAsset: true,
  seesFromOutside: true,
  tables: ['flows', 'logins', 'queries'],
  sniff(head) {
    const { header, directives } = headerOf(head);
    if (header.fields.length === 0) return 0;
    return directives >= 3 ? 1 : directives === 2 ? 0.9 : 0.6;
  },
  parser: ({ sink, head }: ParseContext) => new ZeekParser(sink, headerOf(head).header),
};
