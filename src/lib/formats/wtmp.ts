import { encodeUtf8 } from '../base/bytes';
import { FailureError } from '../base/result';
import type { Format, Head, ParseContext, RecordParser, RecordSink, SourceBytes } from './format';
import { hexSample } from './shared/hex-sample';
import {
  isUtmpRecord,
  isZero,
  nextUtmpRecord,
  readUtmp,
  UTMP_LAYOUTS,
  utmpLayoutOf,
  utmpText,
  viewed,
  type UtmpBytes,
  type UtmpLayout,
} from './shared/utmp';
import { UtmpRows, UtmpSigns, type Telling } from './shared/utmp-rows';

const CHOOSE_NOTE = 'If its origin is known, choose “Linux wtmp” or “Linux btmp” as its format.';

/** What the records of a file, or of its head, show. */
function signsOf(source: UtmpBytes, layout: UtmpLayout): UtmpSigns {
  const signs = new UtmpSigns();
  const { length } = source.bytes;
  const { sizeBytes } = layout;
  for (let at = 0; at + sizeBytes <= length && !(signs.isWtmp && signs.isBtmp);) {
    if (isUtmpRecord(source, at, layout)) {
      signs.see(readUtmp(source, at, layout));
      at += sizeBytes;
    } else
      at = isZero(source.bytes, at, at + sizeBytes) ? at + sizeBytes : nextUtmpRecord(source, at, layout);
  }
  return signs;
}

class UtmpParser implements RecordParser {
  records = 0;
  readonly #sink: RecordSink;
  readonly #rows: UtmpRows;
  readonly #told: Telling;

  constructor({ sink }: ParseContext, told: Telling) {
    this.#sink = sink;
    this.#rows = new UtmpRows(sink);
    this.#told = told;
  }

  /** The complete file. Where bytes are no record, the next that is one is looked for at any offset. */
  record(all: Uint8Array, start: number, end: number): void {
    const source = viewed(all.subarray(start, end));
    const { bytes } = source;
    const layout = utmpLayoutOf(bytes) ?? (UTMP_LAYOUTS[0] as UtmpLayout);
    const signs = signsOf(source, layout);
    this.#rows.decide(this.#told, signs);
    if (!signs.isWtmp && !signs.isBtmp && this.#told === 'unsure') this.#sink.note(CHOOSE_NOTE);
    const { sizeBytes } = layout;
    let at = 0;
    while (at < bytes.length) {
      this.records += 1;
      const stop = at + sizeBytes;
      if (isUtmpRecord(source, at, layout)) {
        this.#rows.write(readUtmp(source, at, layout), at, this.records);
        at = stop;
      } else if (stop <= bytes.length && isZero(bytes, at, stop)) {
        this.#reject(
          `the record is ${sizeBytes} zero bytes: no program writes such an entry, tools that erase logins leave it, and so does a crash`,
          bytes,
          at,
          stop,
        );
        at = stop;
      } else at = this.#skipDamage(source, at, layout);
    }
    this.records = Math.max(1, this.records);
    if (bytes.length === 0) this.#sink.reject('the file holds no record', bytes, 0, 0, 1);
  }

  /** Rejects what is no record, as one; returns where the next begins. */
  #skipDamage(source: UtmpBytes, from: number, layout: UtmpLayout): number {
    const { bytes } = source;
    const at = nextUtmpRecord(source, from, layout);
    const left = at - from;
    const { sizeBytes } = layout;
    const reason =
      at === bytes.length && left < sizeBytes
        ? `the file ends inside this record: ${left} of ${sizeBytes} bytes are there`
        : `${left} bytes are no login record: expected ${sizeBytes} bytes with a type from 0 to 9 and a time after 1980`;
    this.#reject(reason, bytes, from, at);
    return at;
  }

  #reject(reason: string, bytes: Uint8Array, start: number, end: number): void {
    const text = encodeUtf8(hexSample(bytes, start, end));
    this.#sink.reject(reason, text, 0, text.length, this.records);
  }
}

/** Confidence of `wtmp`, `btmp` and, where it cannot be told which, of `utmp`. */
function sniffFor(told: Telling): (head: Head) => number {
  return (head) => {
    const layout = utmpLayoutOf(head.bytes);
    if (!layout) return 0;
    const { isWtmp, isBtmp } = signsOf(viewed(head.bytes), layout);
    const isSure = isWtmp !== isBtmp;
    if (told === 'unsure') return isSure ? 0.3 : 0.95;
    return isSure && isBtmp === (told === 'failures') ? 0.97 : 0.5;
  };
}

/** The record at this offset, in words. */
async function recordText(source: SourceBytes, offset: number): Promise<string> {
  const layout = utmpLayoutOf(await source.read(0, 1 << 16)) ?? (UTMP_LAYOUTS[0] as UtmpLayout);
  const bytes = viewed(await source.read(offset, offset + layout.sizeBytes));
  if (!isUtmpRecord(bytes, 0, layout))
    throw new FailureError({ what: `There is no login record at byte ${offset}` });
  return utmpText(readUtmp(bytes, 0, layout));
}

function utmpFormat(id: string, label: string, told: Telling): Format {
  return {
    id,
    label,
    framing: 'whole',
    splittable: false,
    tables: ['logins'],
    retells: true,
    recordText,
    sniff: sniffFor(told),
    parser: (context) => new UtmpParser(context, told),
  };
}

export const wtmp = utmpFormat('wtmp', 'Linux wtmp (logins, binary)', 'logins');
export const btmp = utmpFormat('btmp', 'Linux btmp (failed logins, binary)', 'failures');
/** The same records, where nothing tells what they mean. */
export const utmp = utmpFormat('utmp', 'Linux login records (binary), wtmp or btmp', 'unsure');
