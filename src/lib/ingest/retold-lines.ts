import { formatById } from '../formats/registry';
import { MICROS_PER_SECOND } from '../base/time';
import { argsort } from '../base/sorting';
import type { Dictionaries } from '../tables/dictionaries';
import { CHANGE_KIND, LOG_STATUS } from '../tables/schemas';
import type { Segment } from '../tables/segment';
import { MachineNames } from './machine-names';
import type { TellingSource } from './retold';

type LineTable = 'changes' | 'flows';

/** What of a row is the line's content. Not its time, which each way of a line stamps by its own clock's grain, and not the machine, whose name may be short. */
const CONTENT: Readonly<Record<LineTable, readonly string[]>> = {
  changes: [
    ...[
      'principal',
      'actorAddr',
      'kind',
      'target',
      'cidr',
      'portFrom',
      'portTo',
      'protocol',
      'outcome',
      'detail',
    ],
  ],
  flows: [
    ...[
      'srcAddr',
      'dstAddr',
      'srcPort',
      'dstPort',
      'protocol',
      'srcBytes',
      'dstBytes',
      'srcPackets',
      'dstPackets',
    ],
    ...['verdict', 'logStatus', 'tcpFlags', 'connState'],
  ],
};
const WRITTEN_AT: Readonly<Record<LineTable, string>> = { changes: 'timeUs', flows: 'startUs' };
const WRITTEN_BY: Readonly<Record<LineTable, string>> = { changes: 'host', flows: 'sensor' };
/** The column that says of a row that it is told again, and what it says then. */
const MARK: Readonly<Record<LineTable, readonly [string, number]>> = {
  changes: ['kind', CHANGE_KIND.retold],
  flows: ['logStatus', LOG_STATUS.retold],
};

/** syslog writes whole seconds, and a line that came by two ways may be stamped on either side of one's end. */
const TOLERANCE_US = MICROS_PER_SECOND;
/** Below this share of what two logs of one machine could have in common, equal lines are chance. */
const LEAST_SHARE = 0.5;
/** Rows compared with each other in one case, as for logins (retold.ts). */
const MOST_COMPARED = 1e8;

export interface RetoldLines {
  readonly segments: readonly Segment[];
  readonly retold: number;
  /** The source that tells (most of) them. */
  readonly retoldOf?: string;
}

/**
 * Counts once the changes, or the flows of packet filters, that a journal and the syslog file written from it both hold: a row of the later source becomes
 * `retold` where a source of another such format has one of the same machine, the same content and (but for the grain of a clock) the same second. One copy
 * of a line gives way to one copy: what a machine wrote three times counts three times. Only where at least half of what the two logs could share of a machine is in both.
 */
export function markRetoldLines(
  sources: readonly TellingSource[],
  dictionaries: Dictionaries,
  table: LineTable,
): RetoldLines[] {
  const unmarked = sources.map(({ segments }) => ({ segments, retold: 0 }));
  const formats = new Set(sources.filter((source) => mayShare(source, table)).map(({ format }) => format));
  if (formats.size < 2) return unmarked;
  const machines = new MachineNames(dictionaries.strings);
  const earlier: Lines[] = [];
  let compared = 0;
  return sources.map((source, index) => {
    if (!mayShare(source, table)) return unmarked[index] as RetoldLines;
    const own = new Lines(source, table, machines);
    const others = earlier.filter(({ format }) => format !== own.format);
    earlier.push(own);
    const found = new Map<number, { rows: number[]; tellers: Lines[] }>();
    for (const row of argsort(own.us)) {
      const machine = own.machine[row] as number;
      if (machine === 0 || Number.isNaN(own.us[row])) continue;
      for (const other of others) {
        if (compared >= MOST_COMPARED) break;
        const taken = other.take(own, row);
        compared += other.compared;
        if (!taken) continue;
        const ofMachine = found.get(machine) ?? { rows: [], tellers: [] };
        found.set(machine, ofMachine);
        ofMachine.rows.push(row);
        ofMachine.tellers.push(other);
        break;
      }
    }
    const rows = [...found].filter(([machine, told]) => isMost(own, machine, told)).map(([, told]) => told);
    if (rows.length === 0) return unmarked[index] as RetoldLines;
    const tellers = rows.flatMap((told) => told.tellers);
    return {
      segments: own.marked(rows.flatMap((told) => told.rows)),
      retold: tellers.length,
      retoldOf: mostOf(tellers).name,
    };
  });
}

function mayShare({ format, segments }: TellingSource, table: LineTable): boolean {
  return formatById(format)?.holdsSyslog === true && segments.some((segment) => segment.table === table);
}

/** Whether what was found is most of the lines that the machine wrote while those who tell it have any of it. */
function isMost(own: Lines, machine: number, told: { rows: number[]; tellers: Lines[] }): boolean {
  let fromUs = Infinity;
  let toUs = -Infinity;
  for (const teller of new Set(told.tellers)) {
    const span = teller.spanOf(machine);
    fromUs = Math.min(fromUs, span[0] - TOLERANCE_US);
    toUs = Math.max(toUs, span[1] + TOLERANCE_US);
  }
  let possible = 0;
  for (let row = 0; row < own.count; row++) {
    const us = own.us[row] as number;
    if (own.machine[row] === machine && us >= fromUs && us <= toUs) possible += 1;
  }
  return told.rows.length >= LEAST_SHARE * possible;
}

function mostOf(tellers: readonly Lines[]): Lines {
  const counts = new Map<Lines, number>();
  for (const teller of tellers) counts.set(teller, (counts.get(teller) ?? 0) + 1);
  const [[most]] = [...counts].toSorted((a, b) => b[1] - a[1]) as [[Lines, number]];
  return most;
}

/** The rows of one table of a source. */
class Lines {
  readonly name: string;
  readonly format: string;
  readonly count: number;
  readonly us: Float64Array;
  readonly machine: Uint32Array;
  /** Rows looked at by the last `take`. */
  compared = 0;
  readonly #segments: readonly Segment[];
  readonly #table: LineTable;
  readonly #content: readonly Float64Array[];
  readonly #hash: Int32Array;
  /** Rows by hash, each in the order of time; made when first asked for. */
  #byHash: Map<number, number[]> | undefined;
  /** 1 for rows that a row of the source that asks has taken. */
  #taken = new Uint8Array(0);
  #askedBy: Lines | undefined;

  constructor({ name, format, asset, segments }: TellingSource, table: LineTable, machines: MachineNames) {
    this.name = name;
    this.format = format;
    this.#segments = segments;
    this.#table = table;
    const own = segments.filter((segment) => segment.table === table);
    this.count = own.reduce((sum, { length }) => sum + length, 0);
    const column = (of: string): Float64Array => {
      const values = new Float64Array(this.count);
      let at = 0;
      for (const { columns, length } of own) {
        const part = (columns as unknown as Record<string, ArrayLike<number>>)[of] as ArrayLike<number>;
        for (let i = 0; i < length; i++) values[at++] = part[i] as number;
      }
      return values;
    };
    this.us = column(WRITTEN_AT[table]);
    const ofFile = machines.named(asset ?? '');
    this.machine = Uint32Array.from(column(WRITTEN_BY[table]), (host) => machines.ofHost(host) || ofFile);
    this.#content = CONTENT[table].map(column);
    this.#hash = new Int32Array(this.count);
    for (let row = 0; row < this.count; row++) {
      let hash = this.machine[row] as number;
      for (const values of this.#content) hash = Math.imul(hash ^ ((values[row] as number) | 0), 0x01000193);
      this.#hash[row] = hash ^ (hash >>> 15);
    }
  }

  /** Takes the earliest row that says what a row of another source does; false where none is left. In the order of time, most find one so. */
  take(from: Lines, row: number): boolean {
    this.compared = 1;
    if (this.#askedBy !== from) this.#taken = new Uint8Array(this.count);
    this.#askedBy = from;
    this.#byHash ??= this.#rowsByHash();
    const rows = this.#byHash.get(from.#hash[row] as number);
    if (!rows) return false;
    const us = from.us[row] as number;
    for (let at = this.#firstFrom(rows, us - TOLERANCE_US); at < rows.length; at++) {
      const other = rows[at] as number;
      if ((this.us[other] as number) > us + TOLERANCE_US) return false;
      this.compared += 1;
      if (this.#taken[other] === 1 || !this.#isSame(other, from, row)) continue;
      this.#taken[other] = 1;
      return true;
    }
    return false;
  }

  spanOf(machine: number): [number, number] {
    let [first, last] = [Infinity, -Infinity];
    for (let row = 0; row < this.count; row++) {
      if (this.machine[row] !== machine) continue;
      first = Math.min(first, this.us[row] as number);
      last = Math.max(last, this.us[row] as number);
    }
    return [first, last];
  }

  /** The source's segments with these of the table's rows marked. */
  marked(rows: readonly number[]): Segment[] {
    const [name, value] = MARK[this.#table];
    const isRetold = new Uint8Array(this.count);
    for (const row of rows) isRetold[row] = 1;
    let first = 0;
    return this.#segments.map((segment) => {
      if (segment.table !== this.#table) return segment;
      const from = first;
      first += segment.length;
      const columns = segment.columns as unknown as Record<string, Uint8Array>;
      const column = (columns[name] as Uint8Array).slice();
      for (let i = 0; i < segment.length; i++) if (isRetold[from + i] === 1) column[i] = value;
      return { ...segment, columns: { ...columns, [name]: column } } as unknown as Segment;
    });
  }

  #rowsByHash(): Map<number, number[]> {
    const byHash = new Map<number, number[]>();
    for (const row of argsort(this.us)) {
      if (this.machine[row] === 0 || Number.isNaN(this.us[row])) continue;
      const hash = this.#hash[row] as number;
      const rows = byHash.get(hash);
      if (rows) rows.push(row);
      else byHash.set(hash, [row]);
    }
    return byHash;
  }

  #isSame(row: number, from: Lines, other: number): boolean {
    if (this.machine[row] !== from.machine[other]) return false;
    return this.#content.every((values, k) =>
      Object.is(values[row], (from.#content[k] as Float64Array)[other]),
    );
  }

  /** Index of the first of these rows, in the order of time, that is not before `us`. */
  #firstFrom(rows: readonly number[], us: number): number {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.us[rows[middle] as number] as number) < us) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
