import type { Micros, SourceId } from '../base/brand';
import { FailureError } from '../base/result';
import type { CsvMapping } from '../formats/format';
import { formatById } from '../formats/registry';
import {
  notesOf,
  type MemberOrigin,
  type RawSource,
  type SourceRuleLike,
  type TimeRange,
} from '../ingest/raw-source';
import { rangeOf } from '../ingest/resolve-times';
import type { StoredSource } from '../storage/stored';
import { TABLE_NAMES, type TableName } from '../tables/schemas';
import type { Segment } from '../tables/segment';
import type { SequenceInfo } from '../tables/sequences';
import type { RejectSample } from '../tables/source-info';
import type { JobStart } from './analysis.protocol';
import type { SourceChange } from './engine';
import type { MergedRanges } from './range-merger';

/** What the analyst said about one source on screen, which overrules the case's rules by name. */
export type SourceSaid = Omit<SourceRuleLike, 'name' | 'id' | 'format'>;

/** A source as the case keeps it: as it was read, and what was said about it since. */
export interface KeptSource {
  readonly raw: RawSource;
  readonly said: SourceSaid;
  /** Its rows rest in storage, columns are brought in as they are asked for. */
  readonly isResting?: boolean;
  /** Why it could not be stored. */
  readonly unsaved?: string;
}

/** A source from what all its ranges gave. */
export function keptSourceOf(
  start: JobStart,
  id: SourceId,
  sha256: string,
  merged: MergedRanges,
): KeptSource {
  const format = formatById(start.formatId);
  const { origin } = start;
  return {
    raw: {
      ...merged,
      id,
      name: start.name,
      sizeBytes: start.blob.size,
      lastModifiedMs: start.lastModifiedMs,
      sha256,
      format: start.formatId,
      formatLabel: format?.label ?? start.formatId,
      container: start.container,
      notes: [...merged.notes, ...notesOf(origin)],
      isCut: merged.isCut || origin?.isCut === true,
      ...(origin && { origin }),
    },
    said: start.options,
  };
}

/** The source with what was changed on screen; what the change leaves out stays. Format and mapping need another reading. */
export function withChange(source: KeptSource, change: SourceChange): KeptSource {
  const { zone, year, asset, heldOffAsset } = change;
  const said = Object.fromEntries(
    Object.entries({ zone, year, asset, heldOffAsset }).filter(([, value]) => value !== undefined),
  );
  return { ...source, said: { ...source.said, ...said } };
}

/** The rule that carries what was said about a source into the assembly. */
export function ruleOf({ raw, said }: KeptSource): SourceRuleLike {
  return { ...said, name: raw.name, id: raw.id };
}

/** Version of `StoredSource.meta`. Version 1: a source's own fields but its rows, and `said`; `range` came later and may be missing. */
export const META_VERSION = 1;

export function toStoredMeta({ raw, said }: KeptSource): unknown {
  const { segments: _segments, ...meta } = raw;
  return { ...meta, range: rangeOf(raw), said };
}

/**
 * A kept source from its stored form, which may come from a case file that somebody else wrote: what is not of its type is a failure, never a
 * surprise later. Throws FailureError.
 */
export function fromStoredMeta(stored: StoredSource, segments: readonly Segment[]): KeptSource {
  if (stored.metaVersion > META_VERSION)
    throw new FailureError({
      what: `${stored.name} was saved by a later version of Undertone.`,
      todo: 'Open the case with that version, or a newer one.',
    });
  const meta = new MetaReader(stored.meta, stored.name);
  const format = meta.text('format');
  return {
    raw: {
      id: stored.id as SourceId,
      name: stored.name,
      sizeBytes: stored.sizeBytes,
      sha256: stored.sha256,
      lastModifiedMs: meta.number('lastModifiedMs'),
      format,
      formatLabel: meta.text('formatLabel'),
      container: meta.text('container'),
      records: meta.number('records'),
      lines: meta.number('lines'),
      rejected: meta.number('rejected'),
      rejectedSamples: meta.list('rejectedSamples').map(sampleFrom),
      rejectedByReason: meta.counts('rejectedByReason'),
      skipped: meta.counts('skipped'),
      notes: meta.list('notes').map(String),
      isCut: meta.field('isCut') === true,
      ...sequencesFrom(meta.field('sequences')),
      ...originFrom(meta.field('origin')),
      rows: rowsOf(segments),
      ...rangeFrom(meta.field('range')),
      segments,
    },
    said: saidFrom(meta.field('said')),
  };
}

function rowsOf(segments: readonly Segment[]): Record<TableName, number> {
  const rows = Object.fromEntries(TABLE_NAMES.map((name) => [name, 0])) as Record<TableName, number>;
  for (const { table, length } of segments) rows[table] += length;
  return rows;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class MetaReader {
  readonly #meta: Record<string, unknown>;
  readonly #name: string;

  constructor(meta: unknown, name: string) {
    this.#name = name;
    if (!isRecord(meta)) throw this.#damaged('everything');
    this.#meta = meta;
  }

  field(key: string): unknown {
    return this.#meta[key];
  }

  text(key: string): string {
    const value = this.#meta[key];
    if (typeof value !== 'string') throw this.#damaged(key);
    return value;
  }

  number(key: string): number {
    const value = this.#meta[key];
    // JSON, which case files are described in, writes NaN as null.
    if (value === null) return Number.NaN;
    if (typeof value !== 'number') throw this.#damaged(key);
    return value;
  }

  list(key: string): readonly unknown[] {
    const value = this.#meta[key];
    if (!Array.isArray(value)) throw this.#damaged(key);
    return value;
  }

  counts(key: string): Record<string, number> {
    const value = this.#meta[key];
    if (!isRecord(value) || Object.values(value).some((count) => typeof count !== 'number'))
      throw this.#damaged(key);
    return value as Record<string, number>;
  }

  #damaged(key: string): FailureError {
    return new FailureError({
      what: `What was saved about ${this.#name} is damaged (${key}).`,
      todo: 'Remove the source and drop its file again.',
    });
  }
}

function sampleFrom(value: unknown): RejectSample {
  const { line, reason, text } = isRecord(value) ? value : {};
  return {
    line: typeof line === 'number' ? line : 0,
    reason: String(reason ?? ''),
    text: String(text ?? ''),
  };
}

function originFrom(value: unknown): { readonly origin?: MemberOrigin } {
  if (!isRecord(value)) return {};
  const { name, sha256, notes, isCut } = value;
  if (typeof name !== 'string' || typeof sha256 !== 'string') return {};
  return {
    origin: { name, sha256, notes: Array.isArray(notes) ? notes.map(String) : [], isCut: isCut === true },
  };
}

/** What is not whole, or has no times, is left out: then the rows are looked at. */
function rangeFrom(value: unknown): { readonly range?: TimeRange } {
  if (!isRecord(value)) return {};
  const { firstUs, lastUs } = value;
  if (!Number.isFinite(firstUs) || !Number.isFinite(lastUs)) return {};
  return { range: { firstUs: firstUs as Micros, lastUs: lastUs as Micros } };
}

const SERIES_KINDS = ['journal', 'windows', 'audit', 'session line', 'session statement'] as const;
const COUNTS = ['series', 'records', 'numbers', 'missing', 'breaks', 'restarts', 'scattered'] as const;
const ENDS = ['first', 'last', 'firstOffset', 'lastOffset'] as const;
const PLACES = ['after', 'before', 'afterOffset', 'beforeOffset', 'line'] as const;

/** What is not whole is left out: then nothing is said of record numbers. */
function sequencesFrom(value: unknown): { readonly sequences?: readonly SequenceInfo[] } {
  if (!Array.isArray(value)) return {};
  const isCounted = (item: Record<string, unknown>, keys: readonly string[]): boolean =>
    keys.every((key) => typeof item[key] === 'number');
  const isListOf = (list: unknown, keys: readonly string[]): boolean =>
    Array.isArray(list) &&
    list.every((one: unknown) => isRecord(one) && typeof one['name'] === 'string' && isCounted(one, keys));
  const isWhole = (item: unknown): item is SequenceInfo =>
    isRecord(item) &&
    SERIES_KINDS.some((kind) => kind === item['kind']) &&
    isCounted(item, COUNTS) &&
    isListOf(item['gaps'], PLACES) &&
    isListOf(item['ends'], ENDS);
  return { sequences: value.filter(isWhole) };
}

function saidFrom(value: unknown): SourceSaid {
  if (!isRecord(value)) return {};
  const { zone, year, asset, heldOffAsset, mapping } = value;
  return {
    ...(typeof zone === 'string' && { zone }),
    ...(typeof year === 'number' && { year }),
    ...(typeof asset === 'string' && { asset }),
    ...(typeof heldOffAsset === 'boolean' && { heldOffAsset }),
    ...(isMapping(mapping) && { mapping }),
  };
}

function isMapping(value: unknown): value is CsvMapping {
  return (
    isRecord(value) &&
    TABLE_NAMES.some((name) => name === value['table']) &&
    isRecord(value['columns']) &&
    Object.values(value['columns']).every((column) => typeof column === 'string')
  );
}
