import type { SourceId } from '../../src/lib/base/brand';
import { parseIsoUtc } from '../../src/lib/base/time';
import { layBase, layGround, type Bench } from '../../src/lib/analysis/ground';
import type { Evidence, SourceInfo } from '../../src/lib/analysis/evidence';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import type { Standings } from '../../src/lib/analysis/context';
import { TableBuilder } from '../../src/lib/tables/builders';
import { Dictionaries } from '../../src/lib/tables/dictionaries';
import { assertTablesIntegrity } from '../../src/lib/tables/integrity';
import { SCHEMAS, TABLE_NAMES, type SchemaOf, type TableName } from '../../src/lib/tables/schemas';
import { fromSegmentData, makeTables, type Segment, type SegmentData } from '../../src/lib/tables/segment';

/** A row as a test writes it: times as ISO text or microseconds, addresses and strings as text. What is left out is unknown. */
export type RowText<T extends TableName> = { readonly [K in keyof SchemaOf<T>]?: number | string };

/** Microseconds of an ISO time. */
export function at(iso: string): number {
  const us = parseIsoUtc(iso);
  if (Number.isNaN(us)) throw new Error(`no time: ${iso}`);
  return us;
}

/** One file of a made-up case. */
export class SourceMaker {
  readonly #maker: EvidenceMaker;
  readonly #info: Partial<SourceInfo>;
  readonly #id: number;
  readonly #builders = new Map<TableName, TableBuilder<TableName>>();
  readonly #segments: SegmentData[] = [];
  #line = 0;
  #isDone = false;
  #firstUs = Infinity;
  #lastUs = -Infinity;

  constructor(maker: EvidenceMaker, id: number, info: Partial<SourceInfo>) {
    this.#maker = maker;
    this.#id = id;
    this.#info = info;
  }

  flow(row: RowText<'flows'>): this {
    const startUs = micros(row.startUs ?? Number.NaN);
    const endUs = row.endUs === undefined ? startUs : micros(row.endUs);
    return this.row('flows', { protocol: 6, verdict: 1, ...row, startUs, endUs });
  }

  login(row: RowText<'logins'>): this {
    return this.row('logins', row);
  }

  query(row: RowText<'queries'>): this {
    return this.row('queries', row);
  }

  change(row: RowText<'changes'>): this {
    return this.row('changes', row);
  }

  row<T extends TableName>(table: T, values: RowText<T>): this {
    const builder = this.#builder(table);
    const row = builder.row as unknown as Record<string, number>;
    for (const [name, value] of Object.entries(values as Record<string, number | string>)) {
      const spec = (SCHEMAS[table] as Record<string, { dictionary?: string }>)[name];
      if (!spec) throw new Error(`${table} has no ${name}`);
      if (spec.dictionary === 'address') row[name] = value === '' ? 0 : this.#maker.address(String(value));
      else if (spec.dictionary === 'string')
        row[name] = this.#maker.dictionaries.strings.intern(String(value));
      else row[name] = name.endsWith('Us') && name !== 'durationUs' ? micros(value) : Number(value);
      if (/^(?:time|start|end)Us$/.test(name)) {
        this.#firstUs = Math.min(this.#firstUs, row[name]!);
        this.#lastUs = Math.max(this.#lastUs, row[name]!);
      }
    }
    this.#line += 1;
    const { offset = this.#line * 100 } = values as { readonly offset?: number };
    builder.commit(offset, this.#line);
    return this;
  }

  /** Ends the file before the others: a case of hundreds needs no more memory then than one. */
  done(): void {
    for (const builder of this.#builders.values()) builder.close();
    this.#isDone = true;
  }

  finish(): { info: SourceInfo; segments: Segment[] } {
    const rows = { flows: 0, logins: 0, queries: 0, changes: 0 };
    if (!this.#isDone) this.done();
    for (const [table, builder] of this.#builders) rows[table] = builder.total;
    const info: SourceInfo = {
      id: this.#id as SourceId,
      name: `source-${this.#id}`,
      sizeBytes: this.#line * 100,
      sha256: this.#id.toString(16).padStart(64, '0'),
      format: 'test',
      formatLabel: 'test log',
      container: 'none',
      records: this.#line,
      rows,
      rejected: 0,
      rejectedSamples: [],
      skipped: {},
      duplicates: 0,
      firstUs: this.#firstUs as SourceInfo['firstUs'],
      lastUs: this.#lastUs as SourceInfo['lastUs'],
      zone: 'UTC',
      inferred: [],
      heldOffAsset: true,
      isCut: false,
      notes: [],
      ...this.#info,
    };
    return { info, segments: this.#segments.map((data) => fromSegmentData(data, this.#id as SourceId)) };
  }

  #builder<T extends TableName>(table: T): TableBuilder<T> {
    let builder = this.#builders.get(table);
    if (!builder) {
      builder = new TableBuilder(table, (segment) => this.#segments.push(segment)) as TableBuilder<TableName>;
      this.#builders.set(table, builder);
    }
    return builder as unknown as TableBuilder<T>;
  }
}

/** A made-up case, source by source. */
export class EvidenceMaker {
  readonly dictionaries = new Dictionaries();
  readonly #sources: SourceMaker[] = [];

  source(info: Partial<SourceInfo> = {}): SourceMaker {
    const source = new SourceMaker(this, this.#sources.length, info);
    this.#sources.push(source);
    return source;
  }

  address(text: string): number {
    const id = this.dictionaries.addresses.internText(text);
    if (id === 0) throw new Error(`no address: ${text}`);
    return id;
  }

  make(): Evidence {
    const finished = this.#sources.map((source) => source.finish());
    const tables = makeTables(finished.flatMap((source) => source.segments));
    assertTablesIntegrity(tables, this.dictionaries);
    if (Object.keys(tables).length !== TABLE_NAMES.length) throw new Error('a table is missing');
    return { tables, dictionaries: this.dictionaries, sources: finished.map((source) => source.info) };
  }
}

/** The ground that the questions start from, laid as the default notebook lays it. */
export function groundOf(evidence: Evidence, parameters: CaseParameters = {}): Bench {
  return layGround(layBase(evidence, parameters));
}

/** Standings in which nobody stands out; `noise` and `quiet` may name actors by text. */
export function standingsOf(
  bench: Bench,
  named: { noise?: readonly string[]; quiet?: readonly string[]; known?: readonly string[] } = {},
): Standings {
  const { actors } = bench.ground;
  const standing = new Uint8Array(actors.count);
  for (const [word, value] of [
    ['noise', 1],
    ['quiet', 2],
    ['known', 3],
  ] as const) {
    for (const text of named[word] ?? []) standing[actors.texts.indexOf(text)] = value;
  }
  return {
    standing,
    noiseScore: new Float64Array(actors.count),
    campaign: new Uint32Array(actors.count),
    firstUs: bench.activity.firstUs,
    lastUs: bench.activity.lastUs,
  };
}

function micros(value: number | string): number {
  return typeof value === 'number' ? value : at(value);
}
