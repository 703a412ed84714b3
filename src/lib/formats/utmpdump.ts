import { BYTE, decodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { ctimeOf, type ClockTime } from './shared/ctime';
import { noTime } from './shared/reject-reasons';
import { parsedTime } from './shared/time';
import { readIsoText } from './shared/time-prefix';
import { UTMP_TYPES, type UtmpRecord } from './shared/utmp';
import { UtmpRows, UtmpSigns, type Telling } from './shared/utmp-rows';

const MAX_LINE_BYTES = 1024;

/**
 * Type, process, id, user, terminal, host, address, time. A user may be any text, brackets included, and none of what follows has any: so they are counted
 * from the end.
 */
const RECORD =
  /^\[(\d{1,2})\] \[(\d{1,10})\] \[(.{4})\] \[(.{8,40})\] \[([^[\]]{12,40})\] \[([^[\]]{20,300})\] \[([0-9a-fA-F.:]{2,45}) *\] \[([^[\]]{19,40})\] *$/;
const TITLE = /^Utmp dump of (.{1,300})$/;

/** `2015-03-02T10:20:30,250000+00:00`; before util-linux 2.27 `Mon Mar 02 10:20:30 2015 UTC`, in a zone that only some names tell. */
function timeOf(text: string): ClockTime | undefined {
  if (readIsoText(text)) return { us: parsedTime.us, basis: parsedTime.basis, length: text.length };
  const clock = ctimeOf(text);
  const isUtc = clock && /^ (?:UTC|GMT)$/.test(text.slice(clock.length));
  return isUtc ? { ...clock, basis: TIME_BASIS.absolute } : clock;
}

interface DumpedRecord {
  readonly record: UtmpRecord;
  readonly time: ClockTime;
}

function recordOf(text: string): DumpedRecord | 'no record' | 'no time' {
  const [, type, pid, id = '', user = '', line = '', host = '', address = '', timeText = ''] =
    RECORD.exec(text) ?? [];
  const name = UTMP_TYPES[Number(type ?? Number.NaN)];
  if (name === undefined) return 'no record';
  const time = timeOf(timeText);
  if (!time) return 'no time';
  const isUnset = address === '0.0.0.0' || address === '::';
  return {
    time,
    record: {
      ...{
        type: name,
        pid: Number(pid),
        id: id.trim(),
        user: user.trim(),
        line: line.trim(),
        host: host.trim(),
      },
      ...{ address: isUnset ? '' : address, session: 0, exit: 0, us: time.us },
    },
  };
}

/** What utmpdump(1) of util-linux prints of wtmp, btmp and utmp. */
class UtmpdumpParser implements RecordParser {
  records = 0;
  readonly #sink: RecordSink;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
  }

  /** The complete file: which kind it was made of, only all of its records can tell. */
  record(bytes: Uint8Array, start: number, end: number): void {
    const signs = new UtmpSigns();
    let told: Telling = 'unsure';
    this.#lines(bytes, start, end, (text) => {
      const dumped = recordOf(text);
      if (typeof dumped === 'object') signs.see(dumped.record);
      const file = /[^/]*$/.exec(TITLE.exec(text)?.[1] ?? '')?.[0] ?? '';
      if (/btmp/i.test(file)) told = 'failures';
      else if (/[wu]tmp/i.test(file)) told = 'logins';
    });
    const rows = new UtmpRows(this.#sink);
    rows.decide(told, signs);
    this.#lines(bytes, start, end, (text, from, to) => {
      this.records += 1;
      const dumped = recordOf(text);
      if (typeof dumped === 'object')
        rows.write(dumped.record, from - start, this.records, dumped.time.basis);
      else if (text === '') this.#sink.skip('blank');
      else if (TITLE.test(text)) this.#sink.skip('header');
      else
        this.#sink.reject(
          dumped === 'no time'
            ? noTime('a time in the last brackets', '2024-03-10T12:00:00,000000+00:00')
            : 'expected eight values in brackets, such as [7] [01234] [ts/0] [bob     ] [pts/0       ] …',
          bytes,
          from,
          to,
          this.records,
        );
    });
    if (this.records === 0) this.#sink.skip('blank');
    this.records = Math.max(1, this.records);
  }

  #lines(
    bytes: Uint8Array,
    start: number,
    end: number,
    visit: (text: string, from: number, to: number) => void,
  ): void {
    for (let at = start; at < end;) {
      const newline = bytes.indexOf(BYTE.newline, at);
      const stop = newline === -1 || newline > end ? end : newline;
      visit(decodeUtf8(bytes, at, Math.min(stop, at + MAX_LINE_BYTES)).trimEnd(), at, stop);
      at = stop + 1;
    }
  }
}

function sniffUtmpdump(head: Head): number {
  const lines = head.lines.filter((line) => line.trim() !== '' && !TITLE.test(line)).slice(0, 60);
  const fit = lines.filter((line) => RECORD.test(line.slice(0, MAX_LINE_BYTES).trimEnd())).length;
  return fit === 0 ? 0 : 0.3 + 0.67 * (fit / lines.length);
}

export const utmpdump: Format = {
  id: 'utmpdump',
  label: 'Output of utmpdump (wtmp, btmp, utmp)',
  framing: 'whole',
  splittable: false,
  tables: ['logins'],
  retells: true,
  sniff: sniffUtmpdump,
  parser: (context) => new UtmpdumpParser(context),
};
