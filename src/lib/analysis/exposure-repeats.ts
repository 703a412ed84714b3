import { listUnder } from '../base/lists';
import { least, greatest } from '../base/extremes';
import type { Micros } from '../base/brand';
import { lowerBound } from '../base/statistics';
import { formatUtc } from '../base/time';
import { formatDuration, plural } from '../base/units';
import { rulePorts, type OpenRule } from './exposure-changes';
import { mergedRules, spanOfRules } from './exposure-rules';
import type { TrafficWindow } from './exposure-traffic';
import type { ExposedTime, ExposureBasis } from './findings';

/** Openings of one service told one by one. A rule that a program opens and closes has thousands, and nobody reads those. */
const OPENINGS_TOLD = 20;

/** Many openings of a service, told as one. */
export interface Repeats {
  readonly times: readonly ExposedTime[];
  /** One for all the times that a group let the same range in on the same ports. */
  readonly basis: readonly ExposureBasis[];
  readonly flag: string;
}

/** What the rules of one service come to. */
export interface Openings {
  /** Rules that stood at the same time, in order of time. */
  readonly merged: readonly (readonly OpenRule[])[];
  /** Null: few enough to be told one by one. */
  readonly repeats: Repeats | null;
}

/** A group's rules hold for all its machines: what they come to is worked out, and held, once. */
export class OpeningsBook {
  readonly #known = new Map<
    OpenRule,
    { readonly rules: readonly OpenRule[]; readonly openings: Openings }[]
  >();

  of(rules: readonly OpenRule[]): Openings {
    const [first] = rules;
    if (!first || rules.length <= OPENINGS_TOLD) return openingsOf(rules);
    const alike = this.#known.get(first) ?? [];
    const same = alike.find((each) => isSame(each.rules, rules));
    if (same) return same.openings;
    const openings = openingsOf(rules);
    this.#known.set(first, [...alike, { rules, openings }]);
    return openings;
  }
}

function isSame(a: readonly OpenRule[], b: readonly OpenRule[]): boolean {
  return a.length === b.length && a.every((rule, k) => rule === b[k]);
}

function openingsOf(rules: readonly OpenRule[]): Openings {
  const merged = mergedRules(rules);
  return { merged, repeats: merged.length > OPENINGS_TOLD ? repeatsOf(rules, merged) : null };
}

function repeatsOf(rules: readonly OpenRule[], merged: readonly (readonly OpenRule[])[]): Repeats {
  const times = merged.map((together): ExposedTime => {
    const [openedUs, closedUs] = spanOfRules(together);
    return { openedUs: openedUs as Micros, closedUs: closedUs as Micros };
  });
  const alike = new Map<string, OpenRule[]>();
  for (const rule of rules) {
    const key = `${rule.target}|${rule.cidr}|${rulePorts(rule)}`;
    listUnder(alike, key, rule);
  }
  return { times, basis: [...alike.values()].map(basisOf), flag: repeatWords(times) };
}

function repeatWords(times: readonly ExposedTime[]): string {
  const whole = times.filter(({ openedUs, closedUs }) => Number.isFinite(closedUs - openedUs));
  const openUs = whole.reduce((sum, { openedUs, closedUs }) => sum + (closedUs - openedUs), 0);
  const longestUs = greatest(
    whole.map(({ openedUs, closedUs }) => closedUs - openedUs),
    0,
  );
  return `opened ${plural(times.length, 'time')}, for ${formatDuration(openUs)} in all, ${formatDuration(longestUs)} at most at once`;
}

function basisOf(rules: readonly OpenRule[]): ExposureBasis {
  const [rule] = rules as [OpenRule];
  const opened = rules.map(({ openedUs }) => openedUs);
  const closed = rules.map(({ closedUs }) => closedUs);
  const openedUs = opened.some(Number.isNaN) ? Number.NaN : least(opened);
  const closedUs = closed.some(Number.isNaN) ? Number.NaN : greatest(closed);
  const principals = new Set(rules.map(({ openedBy }) => openedBy).filter((name) => name !== ''));
  const by =
    principals.size === 0
      ? ''
      : principals.size === 1
        ? ` by ${[...principals].join('')}`
        : ` by ${plural(principals.size, 'principal')}`;
  const opening = Number.isNaN(openedUs)
    ? 'the first opening is not in the evidence'
    : `opened first ${formatUtc(openedUs)}`;
  const closing = Number.isNaN(closedUs)
    ? 'the last closing is not in the evidence'
    : `closed last ${formatUtc(closedUs)}`;
  return {
    kind: 'change',
    openedUs: openedUs as Micros,
    closedUs: closedUs as Micros,
    text: `${rule.target || 'a rule'} lets ${rule.cidr || 'outsiders'} in on ${rulePorts(rule)} ${plural(rules.length, 'time')}${by}: ${opening}, ${closing}`,
    rows: [{ table: 'changes', rows: rules.flatMap(({ rows }) => rows) }],
  };
}

/** When the service could be reached at each of its openings, and what traffic says against the closings between them. */
export interface RepeatedSpans {
  readonly spans: readonly (readonly [number, number])[];
  readonly flags: readonly string[];
}

/**
 * The openings by the changes, each made longer where traffic of `fewest` actors went on after its closing. Traffic between two openings
 * belongs to the earlier one.
 */
export function repeatedSpans(
  { times }: Repeats,
  traffic: TrafficWindow | undefined,
  slackUs: number,
  fewest: number,
): RepeatedSpans {
  const lingering = new Set<number>();
  let closings = 0;
  let longestUs = 0;
  const spans = times.map(({ openedUs, closedUs }, k): [number, number] => {
    const nextUs = k + 1 < times.length ? (times[k + 1] as ExposedTime).openedUs : Infinity;
    if (!traffic || nextUs === Infinity) return [openedUs, closedUs];
    const { startsUs, endsUs, actors } = traffic;
    const end = lowerBound(startsUs, nextUs - slackUs);
    const late = new Set<number>();
    let lastUs = closedUs as number;
    for (let i = lowerBound(startsUs, openedUs - slackUs); i < end; i++) {
      if ((startsUs[i] as number) > closedUs + slackUs) late.add(actors[i] as number);
      lastUs = Math.max(lastUs, endsUs[i] as number);
    }
    if (late.size === 0) return [openedUs, closedUs];
    closings += 1;
    longestUs = Math.max(longestUs, lastUs - closedUs);
    for (const actor of late) lingering.add(actor);
    return [openedUs, late.size >= fewest ? lastUs : closedUs];
  });
  const flags =
    closings === 0
      ? []
      : [
          `outsiders still got through after ${plural(closings, 'closing')} between, up to ${formatDuration(longestUs)} later (${plural(lingering.size, 'actor')})`,
        ];
  return { spans, flags };
}
