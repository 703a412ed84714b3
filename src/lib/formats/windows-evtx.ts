import { encodeUtf8 } from '../base/bytes';
import { FailureError, toFailure } from '../base/result';
import { TIME_BASIS, type TimeBasis } from '../base/time';
import { formatCount, plural } from '../base/units';
import type { Format, ParseContext, RecordParser, RecordSink, SourceBytes } from './format';
import { BinaryXml, DamagedXml } from './shared/binary-xml';
import { xmlText } from './shared/binary-xml-text';
import {
  CHUNK_BYTES,
  chunkStart,
  EventChunk,
  eventFileHeader,
  FILE_HEADER_BYTES,
  isEventFile,
  RECORD_HEADER_BYTES,
  type ChunkVisitor,
} from './shared/event-chunk';
import { EventFields } from './shared/event-fields';
import { hexSample } from './shared/hex-sample';
import { noTime } from './shared/reject-reasons';
import { parsedTime } from './shared/time';
import { readIsoText } from './shared/time-prefix';
import { isReadLog, WindowsRows, type WindowsEvent, type WindowsField } from './shared/windows';

const DIRTY_NOTE =
  'The log was in use when it was copied, or was never closed: what Windows had not written yet is not in it.';
const ODD_NOTE =
  'Some events state two different sizes: they were read by the one that leads to the next event. Such a log was copied while it was written, or changed by something other than Windows.';

/** One event as its chunk holds it. */
class FiledEvent implements WindowsEvent {
  id = 0;
  us = 0;
  basis: TimeBasis = TIME_BASIS.absolute;
  host = '';
  channel = '';
  fields: EventFields | undefined;

  get(name: WindowsField): string {
    const text = this.fields?.text(name).trim() ?? '';
    return text === '-' ? '' : text;
  }
}

class WindowsEvtxParser implements RecordParser {
  records = 0;
  readonly #sink: RecordSink;
  readonly #rows: WindowsRows;
  readonly #event = new FiledEvent();
  readonly #chunksInUse: number;
  readonly #isDirty: boolean;
  /** The first chunk was given, which is the first to be filled: what comes before it is not another range's. */
  #isFromStart: boolean;
  /** What the last event's numbers were counted under: most are of one machine and channel. */
  #series = { host: '', channel: '', name: '', isFollowed: false };
  #chunks = 0;
  /** Offsets in the file of chunks that something is to be said of. */
  readonly #misfits: number[] = [];
  readonly #headless: number[] = [];
  readonly #zeroed: number[] = [];
  readonly #beyond: number[] = [];
  #missing = 0;

  constructor({ sink, head }: ParseContext) {
    this.#sink = sink;
    this.#rows = new WindowsRows(sink);
    const header = eventFileHeader(head.bytes);
    this.#chunksInUse = header?.chunks ?? 0;
    this.#isDirty = header?.isDirty ?? false;
    // A file that is shorter than a chunk's place in it has none.
    this.#isFromStart = head.bytes.length <= FILE_HEADER_BYTES;
    if (!header) sink.note('The header of the file is damaged. The events behind it are read all the same.');
  }

  /** One chunk of 64 KiB, or what there is of the last one. */
  record(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const chunk = new EventChunk(bytes.subarray(start, end));
    this.#isFromStart ||= offset === FILE_HEADER_BYTES;
    const isInUse = (offset - FILE_HEADER_BYTES) / CHUNK_BYTES < this.#chunksInUse;
    if (chunk.isEmpty) {
      if (isInUse) this.#zeroed.push(offset);
      return;
    }
    this.#chunks += 1;
    const before = this.records;
    const fields = new EventFields(new BinaryXml(chunk.bytes));
    const visitor: ChunkVisitor = {
      record: (at, size, isOdd) => {
        this.records += 1;
        if (isOdd) this.#sink.note(ODD_NOTE);
        const reason = this.#record(chunk, fields, at, size, offset + at);
        if (reason !== undefined) this.#reject(reason, chunk, at, at + size);
      },
      damage: (from, to, reason) => {
        this.records += 1;
        this.#reject(reason, chunk, from, to);
      },
    };
    const { hasHeader, fits, missing } = chunk.walk(visitor);
    this.#missing += missing;
    if (!hasHeader) this.#headless.push(offset);
    if (!fits) this.#misfits.push(offset);
    if (!isInUse && this.#chunksInUse > 0 && this.records > before) this.#beyond.push(offset);
  }

  /** Rows, or a skip; otherwise the reason why it cannot be read. */
  #record(
    chunk: EventChunk,
    fields: EventFields,
    at: number,
    size: number,
    offset: number,
  ): string | undefined {
    try {
      fields.read(at + RECORD_HEADER_BYTES, at + size - 4);
    } catch (caught) {
      if (caught instanceof DamagedXml) return `this event is damaged: ${caught.message}`;
      throw caught;
    }
    const event = this.#event;
    event.id = fields.id;
    if (Number.isNaN(event.id))
      return 'there is no EventID (4624 and its like), so it is not known what happened';
    event.us = fields.us;
    event.basis = TIME_BASIS.absolute;
    if (Number.isNaN(event.us)) {
      if (!readIsoText(fields.timeText)) return noTime('TimeCreated SystemTime', '2024-03-10T12:00:00.123Z');
      event.us = parsedTime.us;
      event.basis = parsedTime.basis;
    }
    event.host = fields.computer;
    const { channel } = fields;
    const series = this.#seriesOf(event.host, channel);
    if (series.isFollowed) {
      const number = fields.recordNumber;
      const own = Number.isNaN(number) ? chunk.number(at) : number;
      this.#sink.number('windows', series.name, own, offset, this.records);
    }
    event.channel = channel || fields.provider;
    event.fields = fields;
    this.#rows.write(event, offset, this.records);
    return undefined;
  }

  /** Of a log that no event is read of, missing numbers would say nothing: there are no rows to be missing between. */
  #seriesOf(host: string, channel: string): { readonly name: string; readonly isFollowed: boolean } {
    const last = this.#series;
    if (host === last.host && channel === last.channel) return last;
    const isFollowed = channel === '' || isReadLog(channel);
    this.#series = { host, channel, name: `${host} ${channel}`.trim(), isFollowed };
    return this.#series;
  }

  #reject(reason: string, { bytes }: EventChunk, from: number, to: number): void {
    const sample = encodeUtf8(hexSample(bytes, from, to));
    this.#sink.reject(reason, sample, 0, sample.length, this.records);
  }

  finish(): void {
    if (this.#isFromStart && this.records === 0 && this.#zeroed.length === 0) {
      this.records = 1;
      this.#sink.skip('log without events');
    } else if (this.#isDirty) this.#sink.note(DIRTY_NOTE);
    const said = (offsets: readonly number[], text: (count: string) => string): void => {
      const [first] = offsets;
      if (first === undefined) return;
      this.#sink.note(
        `${text(plural(offsets.length, 'chunk'))} (64 KiB each; the first begins at byte ${formatCount(first)}).`,
      );
    };
    said(
      this.#misfits,
      (count) =>
        `The checksums of ${count} of ${formatCount(this.#chunks)} do not fit: the copy was made while Windows wrote, or something else has changed the log since. The events are read all the same`,
    );
    said(
      this.#headless,
      (count) => `The header of ${count} is damaged: whatever events are found there are read`,
    );
    said(
      this.#zeroed,
      (count) =>
        `Where ${count} with events should be, the file holds zeros: they were erased, or never copied`,
    );
    said(
      this.#beyond,
      (count) =>
        `${count} with events behind the last one that the file’s header counts: of before the log was cleared, or written since the header was. They are read like the others`,
    );
    if (this.#missing > 0)
      this.#sink.note(
        `${plural(this.#missing, 'event')} that the headers of the chunks count ${this.#missing === 1 ? 'is' : 'are'} not there: cut off with the end of the file, or taken out.`,
      );
  }
}

/** The event at this offset as XML. */
async function recordText(source: SourceBytes, offset: number): Promise<string> {
  const start = chunkStart(offset);
  const chunk = new EventChunk(await source.read(start, start + CHUNK_BYTES));
  const at = offset - start;
  const size = offset < FILE_HEADER_BYTES ? 0 : chunk.size(at);
  if (size <= RECORD_HEADER_BYTES) throw new FailureError({ what: `There is no event at byte ${offset}` });
  try {
    return xmlText(new BinaryXml(chunk.bytes), at + RECORD_HEADER_BYTES, at + size - 4);
  } catch (caught) {
    throw new FailureError({
      what: `The event at byte ${offset} cannot be shown`,
      kept: toFailure(caught).what,
    });
  }
}

/** Bytes that a log has by its own header: what ends before was cut off. */
function sizeBytes(head: Uint8Array): number {
  return FILE_HEADER_BYTES + CHUNK_BYTES * (eventFileHeader(head)?.chunks ?? 0);
}

/** Windows event logs as Windows keeps them: Security, and whatever else lies in System32\winevt\Logs. */
export const windowsEvtx: Format = {
  id: 'windows-evtx',
  label: 'Windows event log (EVTX)',
  framing: 'blocks',
  blocks: { headerBytes: FILE_HEADER_BYTES, blockBytes: CHUNK_BYTES, sizeBytes },
  splittable: true,
  tables: ['logins', 'changes', 'queries', 'flows'],
  recordText,
  sniff: ({ bytes }) => (isEventFile(bytes) ? 0.99 : 0),
  parser: (context) => new WindowsEvtxParser(context),
};
