import { decodeUtf8, encodeUtf8 } from '../base/bytes';
import type { StringId } from '../base/brand';
import { TIME_BASIS } from '../base/time';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { ctimeOf, type ClockTime } from './shared/ctime';
import { MAX_FIELD_BYTES, type LineEvent } from './shared/line-event';
import { readOpenvpn } from './shared/openvpn';
import { noTime } from './shared/reject-reasons';
import { parsedTime } from './shared/time';
import { readIsoTime } from './shared/time-prefix';

const PROBE_CHARS = 64;

/** Since 2.5 `2015-03-02 10:20:30 `, before that as ctime(3) writes it; `us=123456 ` behind either from verb 4 on. */
function timeOf(text: string): ClockTime | undefined {
  const probe = encodeUtf8(text.slice(0, PROBE_CHARS));
  const isoEnd = readIsoTime(probe, 0, probe.length);
  const clock =
    isoEnd === -1 ? ctimeOf(text) : { us: parsedTime.us, basis: parsedTime.basis, length: isoEnd };
  const micros = clock && /^ us=(\d{1,6})(?= )/.exec(text.slice(clock.length, clock.length + PROBE_CHARS));
  return micros
    ? { ...clock, us: clock.us + Number(micros[1]), length: clock.length + micros[0].length }
    : clock;
}

/** What is said of a client, or of all: the words before what differs from line to line. */
const KINDS: readonly (readonly [string, RegExp])[] = [
  ['peer info', /^(?:\S+ )?peer info: /],
  ['TLS', /^(?:\S+ )?(?:TLS|VERIFY|Control Channel|Data Channel|Incoming|Outgoing)\b/],
  ['MULTI', /^(?:\S+ )?MULTI/],
];

/** An OpenVPN server's own log (openvpn(8), --log; community.openvpn.net). Its times are the machine's clock. */
class OpenvpnParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #event: LineEvent = {
    ...{ us: Number.NaN, basis: TIME_BASIS.local, host: 0 as StringId, process: 0, offset: 0, line: 0 },
  };

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + 4 * MAX_FIELD_BYTES));
    if (text.trim() === '') {
      this.#sink.skip('blank');
      return;
    }
    const time = timeOf(text);
    if (!time) {
      this.#sink.reject(
        noTime('a local time at the start', '2024-03-10 12:00:00 or Sun Mar 10 12:00:00 2024'),
        bytes,
        start,
        end,
        line,
      );
      return;
    }
    const event = this.#event;
    event.us = time.us;
    event.basis = time.basis;
    event.offset = offset;
    event.line = line;
    const message = text.slice(time.length).trim();
    const messageBytes = encodeUtf8(message);
    if (readOpenvpn(this.#sink, event, messageBytes, 0, messageBytes.length)) return;
    this.#sink.skip(KINDS.find(([, pattern]) => pattern.test(message))?.[0] ?? 'other message');
  }
}

/** Only what OpenVPN says: times as here are written by many programs. */
const TELLING =
  /\[AF_INET6?\]|Peer Connection Initiated|^OpenVPN \d|MULTI(?:_sva)?: |peer info: IV_|SENT CONTROL \[|TLS Auth Error:|VERIFY (?:OK|ERROR): depth=|Control Channel: TLS|TLS Error: |Data Channel: |client-instance|TUN\/TAP device|Initialization Sequence/;

function sniffOpenvpn(head: Head): number {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 200);
  let [timed, telling] = [0, 0];
  for (const line of lines) {
    const time = timeOf(line.slice(0, 1000));
    if (!time) continue;
    timed += 1;
    if (TELLING.test(line.slice(time.length, 1000).trim())) telling += 1;
  }
  return telling === 0 || telling < timed / 4 ? 0 : 0.95 * (timed / lines.length);
}

export const openvpn: Format = {
  id: 'openvpn',
  label: 'OpenVPN server log',
  framing: 'lines',
  splittable: true,
  tables: ['logins'],
  sniff: sniffOpenvpn,
  parser: (context) => new OpenvpnParser(context),
};
