import { decodeUtf8, encodeUtf8, parseDecimal, startsWithAscii, toHex } from '../base/bytes';
import type { StringId } from '../base/brand';
import { FailureError } from '../base/result';
import type { Format, ParseContext, RecordParser, RecordSink, SourceBytes } from './format';
import { JournalRows, MOST_NAME_BYTES, type JournalStamp } from './shared/journal';
import {
  aligned,
  JOURNAL_SIGNATURE,
  JournalObjects,
  MOST_FIELDS,
  MOST_VALUE_BYTES,
  OBJECT_HEADER_BYTES,
  readJournalHeader,
  type EntryHead,
  type JournalHeader,
} from './shared/journal-file';
import { internField } from './shared/line-event';

/** Fields that are read. */
const FIELDS = [
  'MESSAGE=',
  '_HOSTNAME=',
  'SYSLOG_IDENTIFIER=',
  '_COMM=',
  'SYSLOG_PID=',
  '_PID=',
  '_TRANSPORT=',
  '_SOURCE_REALTIME_TIMESTAMP=',
] as const;
const [MESSAGE, HOST, IDENTIFIER, COMMAND, SYSLOG_PROCESS, PROCESS, TRANSPORT, SOURCE_REALTIME] = [
  0, 1, 2, 3, 4, 5, 6, 7,
] as const;

/** By their second letters, in which most differ. */
const FIELDS_BY_LETTER: (readonly number[] | undefined)[] = [];
FIELDS.forEach((name, field) => {
  const letter = name.charCodeAt(1);
  FIELDS_BY_LETTER[letter] = [...(FIELDS_BY_LETTER[letter] ?? []), field];
});

/** Of what is no object, its first bytes are shown, in hexadecimal. */
const SHOWN_BYTES = 32;
/** Unpacked values that are kept in case another entry has them too. */
const KEPT_BYTES = 16 << 20;
/** Packed values of an honest journal grow some ten times, and few stand in several entries. */
const MOST_GROWTH = 100;
const FREE_BYTES = 256 << 20;
/** What a value counts for that could not be unpacked: how far it got does not show. An LZMA2 chunk is the longest step. */
const FAILED_BYTES = 1 << 21;

/** Field of a packed value that no row needs. */
const UNWANTED = -1;

interface Unpacked {
  readonly field: number;
  readonly bytes: Uint8Array;
}

const NOTHING: Unpacked = { field: UNWANTED, bytes: new Uint8Array(0) };

/**
 * Objects are read in the order of the file, which is the order in which entries were written, and not by the arrays that index them: those of a file
 * that was copied while in use, or damaged, lead nowhere or around in circles, and who removes an entry from them has not removed it from the file.
 */
class JournalFileParser implements RecordParser {
  records = 0;
  readonly #sink: RecordSink;
  readonly #rows: JournalRows;
  readonly #entry: EntryHead = { seqnum: 0, realtime: 0, fields: 0 };
  readonly #stamp: JournalStamp = { us: 0, host: 0 as StringId, process: 0, offset: 0, line: 0 };
  readonly #hosts = new Map<number, StringId>();
  /** Packed values by where they stand; null where one could not be unpacked, which is not tried for every entry that has it. */
  readonly #unpacked = new Map<number, Unpacked | null>();
  #keptBytes = 0;
  #grownBytes = 0;
  /** Of the fields of an entry: the bytes that hold their values, from where to where. */
  readonly #in: (Uint8Array | null)[] = FIELDS.map(() => null);
  readonly #starts = new Float64Array(FIELDS.length);
  readonly #ends = new Float64Array(FIELDS.length);

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new JournalRows(sink);
  }

  /** The complete file. */
  record(all: Uint8Array, start: number, end: number): void {
    const bytes = all.subarray(start, end);
    const header = readJournalHeader(bytes);
    if (typeof header === 'string') {
      this.#reject(header, bytes, 0, bytes.length);
      return;
    }
    const found = this.#objects(new JournalObjects(bytes, header.isCompact), header);
    if (header.isOnline)
      this.#sink.note(
        'The journal was open when it was copied, or its machine went down without closing it: its last entries may be missing.',
      );
    if (found < header.entries)
      this.#sink.note(
        `The journal's header counts ${header.entries} entries, and ${found} are in the file: the others were cut off, lost to damage, or removed.`,
      );
    if (found === 0 && header.entries === 0) this.#sink.note('The journal holds no entries.');
  }

  /** Every object of the file; how many entries there are. */
  #objects(objects: JournalObjects, header: JournalHeader): number {
    const { bytes } = objects;
    // One journal's numbers run through all of its files, whatever the machine called itself meanwhile.
    const series = `${header.machine.slice(0, 8)} ${header.series.slice(0, 8)}`;
    let entries = 0;
    for (let at = header.headerBytes; at < bytes.length;) {
      const size = objects.objectBytes(at);
      if (size > 0) {
        if (objects.isEntry(at)) {
          entries += 1;
          this.#read(objects, series, at, size);
        }
        at = aligned(at + size);
        continue;
      }
      // A file grows by megabytes at a time: what was not written to yet is zero.
      if (objects.isZero(at, bytes.length)) break;
      const next = objects.nextObject(at + 8);
      const stated = objects.statedBytes(at);
      this.#reject(
        next === bytes.length && stated > 0
          ? `the file ends inside this object: ${bytes.length - at} of ${stated} bytes are there`
          : `${next - at} bytes are no object of a journal: a damaged disk or a copy of a file in use leaves such, and so does who overwrites entries`,
        bytes,
        at,
        next,
      );
      at = next;
    }
    return entries;
  }

  #read(objects: JournalObjects, series: string, at: number, size: number): void {
    this.records += 1;
    const entry = this.#entry;
    objects.entry(at, size, entry);
    this.#sink.number('journal', series, entry.seqnum, at, this.records);
    const reason = this.#fields(objects, at);
    if (reason !== undefined) {
      this.#rejectEntry(reason, objects.bytes, at, at + size);
      return;
    }
    const sourceRealtime = this.#number(SOURCE_REALTIME, 17);
    const us = sourceRealtime >= 1e9 ? sourceRealtime : entry.realtime;
    if (!(us >= 1e9 && us < 1e17)) {
      this.#rejectEntry('the entry has no time (realtime)', objects.bytes, at, at + size);
      return;
    }
    const stamp = this.#stamp;
    stamp.us = us;
    stamp.host = this.#host(objects.bytes);
    stamp.process = this.#number(SYSLOG_PROCESS, 10) || this.#number(PROCESS, 10) || 0;
    stamp.offset = at;
    stamp.line = this.records;
    this.#message(objects.bytes);
  }

  /** Finds the values of an entry's fields; the reason when one may be lost. */
  #fields(objects: JournalObjects, entry: number): string | undefined {
    const { fields } = this.#entry;
    this.#in.fill(null);
    this.#starts.fill(0);
    this.#ends.fill(0);
    if (fields > MOST_FIELDS)
      return `the entry has ${fields} fields, more than the ${MOST_FIELDS} that journald takes`;
    let lost = 0;
    for (let i = 0; i < fields; i++) {
      const at = objects.fieldAt(entry, i);
      const size = objects.dataBytes(at);
      if (size === 0) lost += 1;
      else if (objects.packing(at) === 0) {
        const start = objects.payloadStart(at);
        const field = fieldAt(objects.bytes, start, at + size);
        if (field !== UNWANTED) this.#keep(field, objects.bytes, start, at + size);
      } else {
        const value = this.#unpack(objects, at, size);
        if (value === null) lost += 1;
        else if (value.field !== UNWANTED) this.#keep(value.field, value.bytes, 0, value.bytes.length);
      }
    }
    return lost > 0
      ? `${lost} of the ${fields} fields of the entry can't be read: where they should stand is no data, or data that can't be unpacked`
      : undefined;
  }

  /** Of a field given several times, the first counts. */
  #keep(field: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#in[field] !== null) return;
    this.#in[field] = bytes;
    const from = start + (FIELDS[field] as string).length;
    this.#starts[field] = from;
    this.#ends[field] = Math.min(end, from + MOST_VALUE_BYTES);
  }

  #unpack(objects: JournalObjects, at: number, size: number): Unpacked | null {
    const known = this.#unpacked.get(at);
    if (known !== undefined) return known;
    if (this.#grownBytes > FREE_BYTES + MOST_GROWTH * objects.bytes.length) return null;
    const bytes = objects.unpacked(at, size);
    if (!bytes) {
      this.#grownBytes += FAILED_BYTES;
      this.#unpacked.set(at, null);
      return null;
    }
    this.#grownBytes += bytes.length;
    const field = fieldAt(bytes, 0, bytes.length);
    if (field === UNWANTED) {
      this.#unpacked.set(at, NOTHING);
      return NOTHING;
    }
    this.#keptBytes += bytes.length;
    if (this.#keptBytes > KEPT_BYTES) {
      this.#unpacked.clear();
      this.#keptBytes = bytes.length;
    }
    const value = { field, bytes };
    this.#unpacked.set(at, value);
    return value;
  }

  /** A field in decimal digits, NaN where it is none. */
  #number(field: number, digits: number): number {
    const bytes = this.#in[field];
    const [start, end] = [this.#starts[field] as number, this.#ends[field] as number];
    return bytes && end - start <= digits ? parseDecimal(bytes, start, end) : Number.NaN;
  }

  #host(file: Uint8Array): StringId {
    const bytes = this.#in[HOST] ?? NOTHING.bytes;
    const [start, end] = [this.#starts[HOST] as number, this.#ends[HOST] as number];
    const known = bytes === file ? this.#hosts.get(start) : undefined;
    if (known !== undefined) return known;
    const host = internField(this.#sink.dictionaries, bytes, start, Math.min(end, bytes.length));
    if (bytes === file) this.#hosts.set(start, host);
    return host;
  }

  /** Hands on the entry's message with the name of its program. */
  #message(bytes: Uint8Array): void {
    const isAudit = this.#is(TRANSPORT, 'audit');
    const name = this.#isEmpty(IDENTIFIER) ? COMMAND : IDENTIFIER;
    const nameStart = this.#starts[name] as number;
    const nameEnd = Math.min(this.#ends[name] as number, nameStart + MOST_NAME_BYTES);
    const start = this.#starts[MESSAGE] as number;
    const end = this.#ends[MESSAGE] as number;
    const [named, said] = [this.#in[name], this.#in[MESSAGE]];
    if (named === bytes && said === bytes) {
      this.#rows.read(this.#stamp, isAudit, bytes, [nameStart, nameEnd, start, end]);
      return;
    }
    const program = named?.subarray(nameStart, nameEnd) ?? NOTHING.bytes;
    const message = said?.subarray(start, end) ?? NOTHING.bytes;
    const joined = new Uint8Array(program.length + message.length);
    joined.set(program);
    joined.set(message, program.length);
    this.#rows.read(this.#stamp, isAudit, joined, [0, program.length, program.length, joined.length]);
  }

  #isEmpty(field: number): boolean {
    return !this.#in[field] || this.#starts[field] === this.#ends[field];
  }

  #is(field: number, text: string): boolean {
    const bytes = this.#in[field];
    const [start, end] = [this.#starts[field] as number, this.#ends[field] as number];
    return !!bytes && end - start === text.length && startsWithAscii(bytes, text, start, end);
  }

  /** What is no object counts as one record. */
  #reject(reason: string, bytes: Uint8Array, start: number, end: number): void {
    this.records += 1;
    this.#rejectEntry(reason, bytes, start, end);
  }

  #rejectEntry(reason: string, bytes: Uint8Array, start: number, end: number): void {
    const text = encodeUtf8(toHex(bytes.subarray(start, Math.min(end, start + SHOWN_BYTES)), ' '));
    this.#sink.reject(reason, text, 0, text.length, this.records);
  }
}

/** Which of FIELDS a payload is of. */
function fieldAt(bytes: Uint8Array, start: number, end: number): number {
  const fields = FIELDS_BY_LETTER[bytes[start + 1] as number];
  if (fields)
    for (const field of fields) if (startsWithAscii(bytes, FIELDS[field] as string, start, end)) return field;
  return UNWANTED;
}

/** Longest object that a receipt reads, and the most characters that it shows: many fields may have one long value. */
const SHOWN_OBJECT_BYTES = 1 << 20;
const SHOWN_CHARS = 1 << 20;

/** The entry at this offset, a field a line, its message first. */
async function recordText(source: SourceBytes, offset: number): Promise<string> {
  const header = readJournalHeader(await source.read(0, 1 << 12));
  const none = (): FailureError => new FailureError({ what: `There is no journal entry at byte ${offset}` });
  if (typeof header === 'string') throw none();
  const objectAt = async (at: number): Promise<JournalObjects> => {
    const head = new JournalObjects(await source.read(at, at + OBJECT_HEADER_BYTES), header.isCompact);
    const size = Math.min(head.statedBytes(0), SHOWN_OBJECT_BYTES);
    return new JournalObjects(await source.read(at, at + size), header.isCompact);
  };
  const object = await objectAt(offset);
  const size = object.objectBytes(0);
  if (size === 0 || !object.isEntry(0)) throw none();
  const entry: EntryHead = { seqnum: 0, realtime: 0, fields: 0 };
  object.entry(0, size, entry);
  const places = Array.from({ length: Math.min(entry.fields, MOST_FIELDS) }, (_, i) => object.fieldAt(0, i));
  const fields: string[] = [];
  let chars = 0;
  for (const at of places) {
    if (chars > SHOWN_CHARS) {
      fields.push(`(${places.length - fields.length} more fields are not shown: the entry is too long)`);
      break;
    }
    const data = await objectAt(at);
    const dataBytes = data.dataBytes(0);
    const packed = dataBytes === 0 || data.packing(0) === 0 ? null : data.unpacked(0, dataBytes);
    if (dataBytes === 0 || (data.packing(0) !== 0 && !packed))
      fields.push(`(the field at byte ${at} can't be read)`);
    else {
      const text = packed ? decodeUtf8(packed) : decodeUtf8(data.bytes, data.payloadStart(0), dataBytes);
      // Further lines of a value are set in, or whoever wrote it could add fields to the entry.
      fields.push(text.replaceAll('\n', '\n  '));
      chars += text.length;
    }
  }
  const isMessage = (field: string): boolean => field.startsWith(FIELDS[MESSAGE]);
  return [
    ...fields.filter(isMessage),
    `(written ${timeText(entry.realtime)}, number ${entry.seqnum})`,
    ...fields.filter((field) => !isMessage(field)),
  ].join('\n');
}

function timeText(us: number): string {
  if (!(us < 1e17)) return 'at an impossible time';
  return `${new Date(Math.floor(us / 1000)).toISOString().slice(0, 19)}.${String(us % 1e6).padStart(6, '0')}Z`;
}

export const systemdJournal: Format = {
  id: 'systemd-journal',
  label: 'systemd journal file (.journal)',
  holdsSyslog: true,
  framing: 'whole',
  splittable: false,
  tables: ['logins', 'changes', 'flows', 'queries'],
  recordText,
  sniff: ({ bytes }) => (startsWithAscii(bytes, JOURNAL_SIGNATURE, 0, bytes.length) ? 1 : 0),
  parser: (context) => new JournalFileParser(context),
};
