import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import {
  decompressBrotli,
  decompressGzip,
  decompressLz4,
  decompressLz4Raw,
  decompressZstd,
} from 'hyparquet-compressors';

/** Snappy is hyparquet's own, in JavaScript; the other package's would compile WebAssembly while parsing. */
const COMPRESSORS = {
  GZIP: decompressGzip,
  ZSTD: (input: Uint8Array) => decompressZstd(input),
  BROTLI: decompressBrotli,
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
};

/** Writers make pages of about a megabyte; one that claims more than this is damaged, or a bomb. */
const MOST_PAGE_BYTES = 256_000_000;

type ColumnDecoder = Parameters<typeof readPage>[2];
type DecodedArray = NonNullable<Parameters<typeof readPage>[3]>;
type PageHeader = ReturnType<typeof parquetHeader>;

export type ColumnSettings = Omit<ColumnDecoder, 'parsers' | 'compressors'>;

class Damaged extends Error {
  constructor(what: string) {
    super(`The Parquet file is damaged (${what})`);
  }
}

/**
 * The values of one flat column chunk, by row. hyparquet decodes the pages but trusts their headers: lengths and run counts that a
 * damaged or hostile file claims would keep it in a loop for minutes, so they are checked here first. Throws on what is damaged.
 */
export function readFlatColumn(chunk: Uint8Array, rows: number, settings: ColumnSettings): unknown[] {
  const values: unknown[] = [];
  const decoder = new PageDecoder(settings, rows);
  for (const { header, packed } of pagesOf(chunk)) {
    const data = decoder.decode(header, packed);
    for (let i = 0; i < data.length && values.length < rows; i++) values.push(data[i]);
    if (values.length >= rows) break;
  }
  return values;
}

/** The value of one row of a flat column chunk: pages before its own are passed over undecoded. Undefined when the chunk ends before it. */
export function readFlatValue(
  chunk: Uint8Array,
  rows: number,
  settings: ColumnSettings,
  row: number,
): unknown {
  const decoder = new PageDecoder(settings, rows);
  let before = 0;
  for (const { header, packed } of pagesOf(chunk)) {
    const count = valuesIn(header);
    if (header.type === 'DICTIONARY_PAGE' || row < before + count) {
      const data = decoder.decode(header, packed);
      if (header.type !== 'DICTIONARY_PAGE') return data[row - before];
    } else before += count;
  }
  return undefined;
}

interface Page {
  readonly header: PageHeader;
  /** As it lies in the file. */
  readonly packed: Uint8Array;
}

function* pagesOf(chunk: Uint8Array): Generator<Page> {
  const reader = { view: viewOf(chunk), offset: 0 };
  while (reader.offset < chunk.length - 1) {
    const before = reader.offset;
    const header = parquetHeader(reader);
    const size = header.compressed_page_size;
    if (!(reader.offset > before) || !(size >= 0) || reader.offset + size > chunk.length) {
      throw new Damaged('a page is longer than its column');
    }
    const packed = chunk.subarray(reader.offset, reader.offset + size);
    reader.offset += size;
    yield { header, packed };
  }
}

/** Decodes the pages of one column chunk; the first of them may be the dictionary of the others. */
class PageDecoder {
  readonly #settings: ColumnSettings;
  readonly #rows: number;
  readonly #decoder: ColumnDecoder;
  #dictionary: DecodedArray | undefined;

  constructor(settings: ColumnSettings, rows: number) {
    this.#settings = settings;
    this.#rows = rows;
    this.#decoder = { ...settings, codec: 'UNCOMPRESSED', parsers: DEFAULT_PARSERS };
  }

  /** The values of a page; none of a dictionary, which is kept. */
  decode(header: PageHeader, packed: Uint8Array): ArrayLike<unknown> {
    const page = unpacked(packed, header, this.#settings);
    checkPage(page, header, this.#settings, this.#rows);
    const plain = { view: viewOf(page), offset: 0 };
    const whole = { ...header, compressed_page_size: page.length, uncompressed_page_size: page.length };
    const { data } = readPage(
      plain,
      withoutCompression(whole),
      this.#decoder,
      this.#dictionary,
      undefined,
      0,
    );
    if (!data) return [];
    if (header.type !== 'DICTIONARY_PAGE') return data;
    this.#dictionary = convert(data, this.#decoder);
    return [];
  }
}

function valuesIn(header: PageHeader): number {
  return header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function withoutCompression(header: PageHeader): PageHeader {
  return header.data_page_header_v2
    ? { ...header, data_page_header_v2: { ...header.data_page_header_v2, is_compressed: false } }
    : header;
}

/** Bytes of the levels before the values of a version 2 page, which are never compressed. */
function levelBytes(header: PageHeader): number {
  const second = header.data_page_header_v2;
  return second ? second.definition_levels_byte_length + second.repetition_levels_byte_length : 0;
}

function unpacked(packed: Uint8Array, header: PageHeader, settings: ColumnSettings): Uint8Array {
  const size = Number(header.uncompressed_page_size);
  if (!(size >= 0 && size <= MOST_PAGE_BYTES)) throw new Damaged('a page claims an impossible length');
  const levels = levelBytes(header);
  if (!(levels >= 0 && levels <= packed.length)) throw new Damaged('levels are longer than their page');
  if (settings.codec === 'UNCOMPRESSED' || header.data_page_header_v2?.is_compressed === false) return packed;
  const values = decompressPage(packed.subarray(levels), size - levels, settings.codec, COMPRESSORS);
  if (levels === 0) return values;
  const page = new Uint8Array(levels + values.length);
  page.set(packed.subarray(0, levels));
  page.set(values, levels);
  return page;
}

/** Whether the column may hold nulls: a flat column then has one definition level a value. */
function isOptional(settings: ColumnSettings): boolean {
  return settings.element.repetition_type !== 'REQUIRED';
}

/** Refuses counts that cannot be: more values than rows, runs longer than the values that there are. */
function checkPage(page: Uint8Array, header: PageHeader, settings: ColumnSettings, rows: number): void {
  if (header.type === 'DICTIONARY_PAGE') {
    if (!((header.dictionary_page_header?.num_values ?? -1) <= page.length))
      throw new Damaged('its dictionary is too long');
    return;
  }
  const values = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? -1;
  if (!(values >= 0 && values <= rows)) throw new Damaged('a page holds more values than there are rows');
  let at = levelBytes(header);
  const second = header.data_page_header_v2;
  if (second) checkRuns(page, second.repetition_levels_byte_length, at, 1, values);
  else if (isOptional(settings)) {
    if (page.length < 4) throw new Damaged('a page ends within its levels');
    const length = viewOf(page).getUint32(0, true);
    if (4 + length > page.length) throw new Damaged('levels are longer than their page');
    checkRuns(page, 4, 4 + length, 1, values);
    at = 4 + length;
  }
  const encoding = header.data_page_header?.encoding ?? second?.encoding;
  if (encoding !== 'PLAIN_DICTIONARY' && encoding !== 'RLE_DICTIONARY') return;
  if (at < page.length) checkRuns(page, at + 1, page.length, page[at] as number, values);
}

/** Walks the runs of the RLE/bit-packing hybrid (Parquet format, Encodings.md) without unpacking them. */
function checkRuns(page: Uint8Array, start: number, end: number, width: number, values: number): void {
  if (width > 32) throw new Damaged('an impossible bit width');
  let seen = 0;
  for (let at = start; at < end && seen < values;) {
    let run = 0;
    let shift = 0;
    for (;;) {
      const byte = page[at] ?? 0;
      at += 1;
      run += (byte & 127) * 2 ** shift;
      shift += 7;
      if (byte < 128 || shift > 35) break;
    }
    const isPacked = run % 2 === 1;
    const count = Math.floor(run / 2);
    seen += isPacked ? count * 8 : count;
    at += isPacked ? count * width : Math.ceil(width / 8);
    // A packed run is padded to eight values, so up to seven may be more than there are.
    if (seen > values + 7 || count === 0) throw new Damaged('a run is longer than its page');
  }
}
