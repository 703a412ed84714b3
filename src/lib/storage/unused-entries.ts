import { encodeUtf8 } from '../base/bytes';
import type { ColumnArray } from '../tables/columns';
import type { DictionaryData } from '../tables/dictionaries';
import { StringDictionary } from '../tables/string-dictionary';
import { SCHEMAS, type TableName } from '../tables/schemas';

/** A live or a packed segment: only its ids matter here. */
interface Rows {
  readonly table: TableName;
  readonly length: number;
  readonly columns: unknown;
}

/** Which entries of a case's dictionaries some row names. */
export class UsedEntries {
  readonly address: Uint8Array;
  readonly string: Uint8Array;

  constructor(data: DictionaryData) {
    this.address = new Uint8Array(data.addresses.length / 4);
    this.string = new Uint8Array(data.stringEnds.length);
  }

  add({ table, length, columns }: Rows): void {
    for (const [name, spec] of Object.entries(SCHEMAS[table])) {
      if (!spec.dictionary) continue;
      const used = this[spec.dictionary];
      const column = (columns as Readonly<Record<string, ColumnArray | number | undefined>>)[name];
      if (typeof column === 'number') used[column] = 1;
      else if (column) for (let i = 0; i < length; i++) used[column[i] as number] = 1;
    }
  }
}

/**
 * The dictionaries without the texts and addresses that no row names any more: those of a removed source must be gone, not merely
 * unreferenced. Ids stay as they are, so that no row has to be rewritten; an unused entry becomes a placeholder that no row names, and
 * unused entries at the end are left out.
 */
export function withoutUnused(data: DictionaryData, used: UsedEntries): DictionaryData {
  return { addresses: keptAddresses(data.addresses, used.address), ...keptStrings(data, used.string) };
}

function keptAddresses(words: Uint32Array<ArrayBuffer>, used: Uint8Array): Uint32Array<ArrayBuffer> {
  const size = Math.max(1, used.lastIndexOf(1) + 1);
  const kept = words.slice(0, size * 4);
  // Placeholders lie in a /64 of the reserved end of IPv6 in which no row has an address.
  const taken = new Set<number>();
  for (let id = 1; id < size; id++)
    if (used[id] && kept[id * 4] === 0xffffffff) taken.add(kept[id * 4 + 1] as number);
  let network = 0xffffffff;
  while (taken.has(network)) network -= 1;
  for (let id = 1; id < size; id++) if (!used[id]) kept.set([0xffffffff, network, 0, id], id * 4);
  return kept;
}

function keptStrings(
  { stringBytes, stringEnds }: DictionaryData,
  used: Uint8Array,
): Pick<DictionaryData, 'stringBytes' | 'stringEnds'> {
  const size = Math.max(1, used.lastIndexOf(1) + 1);
  const all = StringDictionary.fromData(stringBytes, stringEnds);
  const pieces: Uint8Array[] = [];
  const ends = new Uint32Array(size);
  let at = 0;
  for (let id = 1; id < size; id++) {
    const piece = used[id] ? stringBytes.subarray(stringEnds[id - 1], stringEnds[id]) : placeholder(all, id);
    pieces.push(piece);
    at += piece.length;
    ends[id] = at;
  }
  const bytes = new Uint8Array(at);
  at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { stringBytes: bytes, stringEnds: ends };
}

/** A text that stands for nothing; longer where a log holds that very text, since two equal entries would become one. */
function placeholder(all: StringDictionary, id: number): Uint8Array {
  let text = `\0${id}`;
  while (all.find(text) !== -1) text = `\0${text}`;
  return encodeUtf8(text);
}
