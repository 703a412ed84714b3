import type { RowQuery } from '../analysis/evidence';
import type { Rung } from '../analysis/findings';

/** A stretch of time in microseconds; `toUs` is exclusive. */
export interface TimeRange {
  readonly fromUs: number;
  readonly toUs: number;
}

/** What the analyst has picked. All parts that are set must hold; an empty selection means everything. */
export interface Selection {
  readonly actor?: string;
  readonly campaign?: string;
  readonly asset?: string;
  /** `9200/tcp`. */
  readonly service?: string;
  readonly rung?: Rung;
}

export const NOTHING_SELECTED: Selection = {};

export function isEmptySelection(selection: Selection): boolean {
  return Object.values(selection).every((part) => part === undefined);
}

/** Whether both name the same things, in whatever order their parts were set. */
export function isSameSelection(a: Selection, b: Selection): boolean {
  return (
    a.actor === b.actor &&
    a.campaign === b.campaign &&
    a.asset === b.asset &&
    a.service === b.service &&
    a.rung === b.rung
  );
}

/** Picks `picked`, or clears the selection when exactly that was picked already (a second click on the same mark). */
export function toggleSelection(current: Selection, picked: Selection): Selection {
  return isSameSelection(current, picked) ? NOTHING_SELECTED : picked;
}

/** Whether two stretches share an instant. NaN at either end of the first means open at that end. */
export function overlaps(fromUs: number, toUs: number, range: TimeRange | null): boolean {
  if (!range) return true;
  const startsBeforeEnd = Number.isNaN(fromUs) || fromUs < range.toUs;
  const endsAfterStart = Number.isNaN(toUs) || toUs >= range.fromUs;
  return startsBeforeEnd && endsAfterStart;
}

/** The same rows, but only those inside the brush. Exact rows stay as they are: they were pointed at one by one. */
export function withinBrush(query: RowQuery, brush: TimeRange | null): RowQuery {
  if (!brush || query.rows) return query;
  return {
    ...query,
    fromUs: Math.max(query.fromUs ?? Number.NEGATIVE_INFINITY, brush.fromUs),
    toUs: Math.min(query.toUs ?? Number.POSITIVE_INFINITY, brush.toUs),
  };
}

/** `asset log-1 · rung 6`, for the chip that says what is picked. */
export function describeSelection(selection: Selection): string {
  const parts: string[] = [];
  if (selection.actor !== undefined) parts.push(`actor ${selection.actor}`);
  if (selection.campaign !== undefined) parts.push(`campaign ${selection.campaign}`);
  if (selection.asset !== undefined) parts.push(`asset ${selection.asset}`);
  if (selection.service !== undefined) parts.push(`service ${selection.service}`);
  if (selection.rung !== undefined) parts.push(`rung ${selection.rung}`);
  return parts.join(' · ');
}
