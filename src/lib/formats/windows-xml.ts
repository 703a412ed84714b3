import { BYTE, decodeUtf8, indexOfAscii } from '../base/bytes';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { noTime } from './shared/reject-reasons';
import { WindowsRows } from './shared/windows';
import { parsedTime } from './shared/time';
import { readIsoText } from './shared/time-prefix';

const MAX_EVENT = 1 << 18;
const MAX_DATA = 200;

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi,
    (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
      const code = hex !== undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/**
 * Windows events as XML, as the Event Viewer and wevtutil export them, one after another with or without a root. Read by their tags alone: nothing that an XML
 * processor would fetch or expand is looked at.
 */
class WindowsXmlParser implements RecordParser {
  records = 0;
  readonly #sink: RecordSink;
  readonly #rows: WindowsRows;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new WindowsRows(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    let at = start;
    let lineNumber = line;
    let counted = start;
    let events = 0;
    for (;;) {
      const open = nextEvent(bytes, at, end);
      if (open === -1) break;
      const close = indexOfAscii(bytes, '</Event>', open, end);
      for (; counted < open; counted++) if (bytes[counted] === BYTE.newline) lineNumber += 1;
      const stop = close === -1 ? end : close + 8;
      const reason =
        close === -1
          ? 'the file ends inside this event: </Event> is missing'
          : this.#event(bytes, open, stop, offset + open - start, lineNumber);
      if (reason !== undefined) this.#sink.reject(reason, bytes, open, stop, lineNumber);
      events += 1;
      if (close === -1) break;
      at = stop;
    }
    this.records = Math.max(1, events);
    if (events === 0)
      this.#sink.reject('there is no <Event> in this file', bytes, start, Math.min(end, start + 200), line);
  }

  #event(bytes: Uint8Array, start: number, end: number, offset: number, line: number): string | undefined {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_EVENT));
    const id = /<EventID\b[^>]*>\s*(\d{1,6})\s*</.exec(text)?.[1];
    const time = /<TimeCreated\b[^>]*\bSystemTime=["']([^"']*)["']/.exec(text)?.[1] ?? '';
    if (id === undefined) return 'there is no EventID (4624 and its like), so it is not known what happened';
    if (!readIsoText(time)) return noTime('TimeCreated SystemTime', '2024-03-10T12:00:00.123Z');
    const number = /<EventRecordID>\s*(\d{1,15})\s*</.exec(text)?.[1];
    const channel = /<Channel>([^<]{1,100})</.exec(text)?.[1] ?? '';
    const computer = /<Computer>([^<]{1,255})</.exec(text)?.[1] ?? '';
    if (number !== undefined)
      this.#sink.number('windows', `${computer} ${channel}`.trim(), Number(number), offset, line);
    const data = new Map<string, string>();
    const pattern = /<Data\b[^>]*\bName=["']([^"']*)["'][^>]*?(?:\/>|>([^<]*)<\/Data>)/g;
    for (let match = pattern.exec(text); match && data.size < MAX_DATA; match = pattern.exec(text))
      data.set(match[1] ?? '', unescapeXml(match[2] ?? '').trim());
    const userData = /<UserData>([^]*?)<\/UserData>/.exec(text)?.[1] ?? '';
    for (const match of userData.slice(0, 8192).matchAll(/<(\w+)[^>]*>([^<]*)<\/\1>/g))
      data.set(match[1] ?? '', unescapeXml(match[2] ?? '').trim());
    this.#rows.write(
      {
        id: Number(id),
        us: parsedTime.us,
        basis: parsedTime.basis,
        host: unescapeXml(/<Computer>([^<]*)</.exec(text)?.[1] ?? ''),
        channel,
        get: (name) => {
          const value = data.get(name) ?? '';
          return value === '-' ? '' : value;
        },
      },
      offset,
      line,
    );
    return undefined;
  }
}

/** Index of the next `<Event` tag that is no `<EventID>`, `<EventData>` or `<Events>`. */
function nextEvent(bytes: Uint8Array, from: number, end: number): number {
  for (
    let at = indexOfAscii(bytes, '<Event', from, end);
    at !== -1;
    at = indexOfAscii(bytes, '<Event', at + 6, end)
  ) {
    const next = bytes[at + 6];
    if (
      next === 0x3e ||
      next === BYTE.space ||
      next === BYTE.newline ||
      next === BYTE.carriageReturn ||
      next === BYTE.tab
    )
      return at;
  }
  return -1;
}

function sniffXml(head: Head): number {
  const start = head.text.slice(0, 16_384);
  if (!/<Event[\s>]/.test(start) || !/<EventID\b/.test(start)) return 0;
  return /schemas\.microsoft\.com\/win\/2004\/08\/events|Microsoft-Windows-Security-Auditing/.test(start)
    ? 0.97
    : 0.6;
}

export const windowsXml: Format = {
  id: 'windows-xml',
  label: 'Windows security events (XML)',
  framing: 'whole',
  splittable: false,
  tables: ['logins', 'changes', 'queries', 'flows'],
  sniff: sniffXml,
  parser: (context) => new WindowsXmlParser(context),
};
