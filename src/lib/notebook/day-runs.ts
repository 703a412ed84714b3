import type { RowQuery } from '../analysis/evidence';
import type { Statement, VerdictFinding } from '../analysis/findings';
import { MICROS_PER_DAY, parseIsoUtc } from '../base/time';

/** Days in a row of one service, of which all is the same that is said of each. */
export interface DayRun {
  /** In their order; at least one. */
  readonly days: readonly VerdictFinding[];
  /** What holds for each of the days: the first of them, but for `why`, whose rows are those of all. */
  readonly verdict: VerdictFinding;
}

/** The verdicts as runs of days, each service's together, in the order in which they come. */
export function dayRuns(verdicts: readonly VerdictFinding[]): DayRun[] {
  const services = new Map<string, VerdictFinding[][]>();
  for (const verdict of verdicts) {
    const key = JSON.stringify([verdict.asset, verdict.service]);
    const runs = services.get(key) ?? [];
    services.set(key, runs);
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last && isNextDay(last.day, verdict.day) && saysTheSame(last, verdict)) run.push(verdict);
    else runs.push([verdict]);
  }
  return [...services.values()].flat().map((days) => ({ days, verdict: joined(days) }));
}

/** `2026-03-02`, or `2026-03-02 – 03-09`, with the year again where it is another. */
export function runText({ days }: DayRun): string {
  const first = days[0]?.day ?? '';
  const last = days.at(-1)?.day ?? '';
  if (first === last) return first;
  return `${first} – ${last.slice(0, 5) === first.slice(0, 5) ? last.slice(5) : last}`;
}

function isNextDay(day: string, next: string): boolean {
  return parseIsoUtc(next) - parseIsoUtc(day) === MICROS_PER_DAY;
}

function saysTheSame(one: VerdictFinding, other: VerdictFinding): boolean {
  return (
    one.verdict === other.verdict &&
    one.rung === other.rung &&
    one.inferred === other.inferred &&
    one.ceiling === other.ceiling &&
    one.actors.join('\n') === other.actors.join('\n') &&
    one.why.length === other.why.length &&
    one.why.every((statement, at) => statement.text === other.why[at]?.text)
  );
}

function joined(days: readonly VerdictFinding[]): VerdictFinding {
  const [first] = days as readonly [VerdictFinding];
  if (days.length === 1) return first;
  return { ...first, why: first.why.map((statement, at) => withRowsOf(statement, days, at)) };
}

function withRowsOf(statement: Statement, days: readonly VerdictFinding[], at: number): Statement {
  const rows = joinQueries(days.flatMap((day) => day.why[at]?.rows ?? []));
  return rows.length === 0 ? statement : { ...statement, rows };
}

/** Queries that differ in nothing but their stretch, where those meet, as one; the same query once. */
function joinQueries(queries: readonly RowQuery[]): RowQuery[] {
  const joinedQueries: RowQuery[] = [];
  const places = new Map<string, number>();
  for (const query of queries) {
    const { fromUs, toUs, ...rest } = query;
    const key = JSON.stringify(rest);
    const at = places.get(key);
    const before = at === undefined ? undefined : joinedQueries[at];
    if (at !== undefined && before && before.fromUs === fromUs && before.toUs === toUs) continue;
    if (
      at !== undefined &&
      before?.fromUs !== undefined &&
      before.toUs !== undefined &&
      fromUs !== undefined &&
      toUs !== undefined &&
      fromUs >= before.fromUs &&
      fromUs <= before.toUs
    ) {
      joinedQueries[at] = { ...before, toUs: Math.max(before.toUs, toUs) };
      continue;
    }
    places.set(key, joinedQueries.length);
    joinedQueries.push(query);
  }
  return joinedQueries;
}
