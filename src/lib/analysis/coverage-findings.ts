import type { Micros } from '../base/brand';
import type { RowQuery } from './evidence';
import type { Rung } from './findings';

export interface CoverageStretch {
  readonly fromUs: Micros;
  readonly toUs: Micros;
}

/** What one source covers of one asset; of very many files, what those of one log cover together. */
export interface CoverageFinding {
  readonly source: string;
  /** Of several files the first. */
  readonly sourceId: number;
  /** Of several files, all of them. */
  readonly sourceIds?: readonly number[];
  /** Null: the whole case (a control-plane log). */
  readonly asset: string | null;
  readonly ceiling: Rung;
  readonly heldOffAsset: boolean;
  readonly trusted: boolean;
  readonly stretches: readonly CoverageStretch[];
  readonly share: number;
  readonly longestSilenceUs: number;
  /** Events per bin, for the strip; bins of `binUs` from `fromUs`. */
  readonly fromUs: Micros;
  readonly binUs: number;
  readonly bins: readonly number[];
}

export interface GapFinding {
  readonly source: string;
  readonly sourceId: number;
  readonly asset: string | null;
  readonly kind: 'silence' | 'sequence' | 'backwards' | 'cut' | 'lost records' | 'no records';
  readonly fromUs: Micros;
  readonly toUs: Micros;
  /** Corrected p of a silence this long; NaN where it is no probability. */
  readonly p: number;
  readonly text: string;
  readonly rows?: readonly RowQuery[];
}

export interface ContradictionFinding {
  readonly asset: string;
  readonly service: string;
  readonly kind: 'missing login lines' | 'missing query lines' | 'missing flows';
  readonly actor: string | null;
  readonly fromUs: Micros;
  readonly toUs: Micros;
  /** Sessions that should have a line, and those that do. */
  readonly expected: number;
  readonly found: number;
  /** Share matched in clean hours. */
  readonly baseRate: number;
  readonly p: number;
  readonly text: string;
  readonly rows: readonly RowQuery[];
}

export interface ClockOffsetFinding {
  readonly host: string;
  readonly asset: string;
  /** Host clock minus flow clock. */
  readonly offsetUs: number;
  readonly spreadUs: number;
  readonly driftUsPerDay: number;
  readonly matches: number;
  /** When it was put forward or back, by the flow clock, and what its offset was before or has been since; absent where it was not. */
  readonly changed?: { readonly atUs: Micros; readonly beforeUs: number; readonly afterUs: number };
}
