import { UNKNOWN_TIME } from '../base/time';
import { CHANGE_KIND } from '../tables/schemas';

/** Windows of one bucket shown apart; one that is opened over and over more often is shown as open throughout. */
const MOST_WINDOWS = 50;

/** One change of who may read a bucket without being named. */
export interface Step {
  readonly timeUs: number;
  readonly row: number;
  readonly kind: number;
  readonly lever: string;
  readonly isAccount: boolean;
  readonly isToAll: boolean;
  readonly principal: string;
}

/** From the change that opened a bucket to the one that closed it. NaN: not in the evidence. */
export interface Span {
  openedUs: number;
  closedUs: number;
  readonly levers: Set<string>;
  readonly rows: number[];
  openedBy: string;
  closedBy: string;
}

/** What the changes alone tell: from the first moment at which some lever lets anyone in that no block overrules, to the last. */
export function spansOf(steps: readonly Step[]): Span[] {
  const spans: Span[] = [];
  const open = new Map<string, Step>();
  const blocked = new Set<string>();
  const levelOf = (step: Step): string => `${step.isAccount ? 'account' : 'bucket'} ${wordOf(step.lever)}`;
  const isBlocked = (lever: string): boolean =>
    ['account', 'bucket'].some(
      (level) => blocked.has(`${level} ${wordOf(lever)}`) || blocked.has(`${level} public`),
    );
  let current: Span | null = null;
  const sorted = [...steps].sort((a, b) => a.timeUs - b.timeUs || a.row - b.row);
  for (let i = 0; i < sorted.length;) {
    const { timeUs } = sorted[i];
    const now: Step[] = [];
    for (; i < sorted.length && sorted[i].timeUs === timeUs; i++) now.push(sorted[i]);
    // A policy is replaced as a whole: what its former version let in, this one does not unless it says so again.
    for (const { kind, lever } of now) if (kind === CHANGE_KIND.publicGranted) open.delete(lever);
    for (const step of now) {
      if (step.kind === CHANGE_KIND.publicGranted && step.isToAll) open.set(step.lever, step);
      else if (step.kind === CHANGE_KIND.publicRevoked) open.delete(step.lever);
      else if (step.kind === CHANGE_KIND.publicBlocked) blocked.add(levelOf(step));
      else if (step.kind === CHANGE_KIND.publicUnblocked) blocked.delete(levelOf(step));
    }
    const through = [...open.values()].filter(({ lever }) => !isBlocked(lever));
    if (through.length > 0) {
      if (!current) {
        current = {
          openedUs: timeUs,
          closedUs: UNKNOWN_TIME,
          levers: new Set(),
          rows: [],
          openedBy: now[0].principal,
          closedBy: '',
        };
        spans.push(current);
        current.rows.push(...now.map(({ row }) => row));
      }
      for (const { lever, row } of through) {
        current.levers.add(lever);
        if (!current.rows.includes(row)) current.rows.push(row);
      }
    } else if (current) {
      current.closedUs = timeUs;
      current.closedBy = now[0].principal;
      current.rows.push(...now.map(({ row }) => row));
      current = null;
    }
  }
  return spans;
}

/** `policy`, `ACL`, `public`: the sort of lever, which a block of its bucket or account overrules. */
function wordOf(lever: string): string {
  return lever.slice(0, Math.max(0, lever.indexOf(' ')));
}

/** Spans between which requests were answered without a name are one: it was open all along. */
export function joinedSpans(spans: readonly Span[], timesUs: readonly number[], slack: number): Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    const wasOpen =
      last !== undefined && timesUs.some((us) => us > last.closedUs + slack && us < span.openedUs - slack);
    if (!last || (!wasOpen && spans.length <= MOST_WINDOWS)) joined.push({ ...span });
    else {
      last.closedUs = span.closedUs;
      last.closedBy = span.closedBy;
      for (const lever of span.levers) last.levers.add(lever);
      last.rows.push(...span.rows);
    }
  }
  return joined;
}
