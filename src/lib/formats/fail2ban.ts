import { decodeUtf8, encodeUtf8 } from '../base/bytes';
import type { StringId } from '../base/brand';
import { TIME_BASIS } from '../base/time';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { FOUND, readFail2ban } from './shared/fail2ban';
import { KindCounts } from './shared/kind-counts';
import { MAX_FIELD_BYTES, type LineEvent } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { parsedTime } from './shared/time';
import { readIsoText, readIsoTime } from './shared/time-prefix';

/** What follows the time: the part of the server that writes, its process, a level, the message. Before 0.9 there is no process. */
const SAID = /^\s+fail2ban\.([\w.]{1,32})\s*(?:\[(\d{1,9})\])?\s*:\s+([A-Z]{4,8})\s+(.*)$/;
/** What is done about an address: no try of its own. */
const DEED = /^\[[^\]]{1,64}\] (?:(Restore Ban|Increase Ban|Ban|Unban|Ignore) \S+|\S+ (already banned))/;

const AGAIN_NOTE =
  'Each failure that fail2ban found also stands in the log of the service that it watches: with both loaded it counts twice.';

/** fail2ban's own log (fail2ban.readthedocs.io; messages of 0.8 to 1.1). Its times are the machine's clock. */
class Fail2banParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #jails: KindCounts;
  readonly #parts: KindCounts;
  readonly #event: LineEvent = {
    ...{ us: Number.NaN, basis: TIME_BASIS.local, host: 0 as StringId, process: 0, offset: 0, line: 0 },
  };

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#jails = new KindCounts(sink, 'found by jail');
    this.#parts = new KindCounts(sink, 'message of');
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const timeEnd = readIsoTime(bytes, start, end);
    const { us, basis } = parsedTime;
    const text = decodeUtf8(
      bytes,
      timeEnd === -1 ? start : timeEnd,
      Math.min(end, start + 4 * MAX_FIELD_BYTES),
    );
    const said = timeEnd === -1 ? null : SAID.exec(text);
    if (timeEnd === -1 || !said) {
      if (text.trim() === '') this.#sink.skip('blank');
      // What a command printed and traces of Python have no time of their own.
      else if (timeEnd === -1 && /^\D/.test(text)) this.#sink.skip('continuation of the line before');
      else
        this.#sink.reject(
          timeEnd === -1
            ? noTime('a local time', '2024-03-10 12:00:00,123')
            : 'no part of fail2ban is named behind the time: expected fail2ban.filter [812]: INFO',
          bytes,
          start,
          end,
          line,
        );
      return;
    }
    const [, part = '', process = '', , message = ''] = said;
    const event = this.#event;
    event.us = us;
    event.basis = basis;
    event.process = Number(process);
    event.offset = offset;
    event.line = line;
    const found = FOUND.exec(message);
    // When the watched log was written, which is earlier where fail2ban had to catch up.
    if (found?.[3] !== undefined && readIsoText(found[3])) event.us = parsedTime.us;
    const messageBytes = encodeUtf8(message);
    if (readFail2ban(this.#sink, event, messageBytes, 0, messageBytes.length)) this.#sink.note(AGAIN_NOTE);
    else if (found) this.#jails.skip(found[1] ?? '');
    else {
      const deed = DEED.exec(message);
      if (deed) this.#sink.skip((deed[1] ?? deed[2] ?? '').toLowerCase());
      else this.#parts.skip(part);
    }
  }
}

function sniffFail2ban(head: Head): number {
  const lines = head.lines.filter((line) => /^\d{4}-/.test(line)).slice(0, 60);
  const fit = lines.filter((line) => /^[\d-]{10} [\d:,.]{8,15}\s+fail2ban\.\w+/.test(line)).length;
  return fit === 0 ? 0 : 0.97 * (fit / lines.length);
}

export const fail2ban: Format = {
  id: 'fail2ban',
  label: 'fail2ban log',
  framing: 'lines',
  splittable: true,
  tables: ['logins'],
  retells: true,
  sniff: sniffFail2ban,
  parser: (context) => new Fail2banParser(context),
};
