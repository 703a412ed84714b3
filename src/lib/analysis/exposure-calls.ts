import { REACHED } from './contacts';
import type { Sessions } from './context';
import type { EndCalls } from './exposure-bounds';
import type { Thresholds } from './parameters';

/** Strangers' calls to one service, in the order of time. */
export interface Calls {
  readonly sessions: Sessions;
  /** REACHED by session. */
  readonly outcomes: Uint8Array;
  readonly mine: Uint32Array;
  /** Start of the first that got through. */
  readonly firstUs: number;
  /** Whether this session's actor was let in before the opening as well. */
  isRegular(session: number): boolean;
  /** Whether the actor's kind of address (IPv4, IPv6) was ever let in: a rule opens one kind, and says nothing of the other. */
  isOfKind(actor: number): boolean;
  readonly limits: Pick<Thresholds, 'selectiveShare' | 'lateActors' | 'turnedAwayBetween'>;
}

const UNBOUNDED: EndCalls = { fromUs: -Infinity, toUs: Infinity };

/** What the calls around both ends of a service's window say. */
export function endCalls(calls: Calls): { opening: EndCalls; closing: EndCalls } {
  const closing = closingCalls(calls);
  return isSelective(calls, closing.fromUs)
    ? { opening: UNBOUNDED, closing: UNBOUNDED }
    : { opening: openingCalls(calls), closing };
}

/** The last that was turned away before the opening, the first let in. */
function openingCalls(calls: Calls): EndCalls {
  const { sessions, mine, firstUs } = calls;
  for (let k = firstFrom(calls, firstUs) - 1; k >= 0; k--)
    if (isTurnedAway(calls, mine[k])) return { fromUs: sessions.startUs[mine[k]], toUs: firstUs };
  return { fromUs: -Infinity, toUs: firstUs };
}

/**
 * The last that was let in before the closing, the first turned away after it. A few actors that still got
 * through while others no longer did have a rule of their own; the closing is told by the others.
 */
function closingCalls(calls: Calls): EndCalls {
  const { sessions, mine, firstUs } = calls;
  const { lateActors, turnedAwayBetween } = calls.limits;
  const late = new Set<number>();
  let toUs = Infinity;
  for (let k = mine.length - 1; k >= 0 && sessions.startUs[mine[k]] >= firstUs; k--) {
    const i = mine[k];
    const actor = sessions.actor[i];
    if (isTurnedAway(calls, i)) toUs = sessions.startUs[i];
    if (!isLetIn(calls, i) || late.has(actor)) continue;
    if (late.size >= lateActors || turnedAwayBefore(calls, k) < turnedAwayBetween)
      return { fromUs: sessions.startUs[i], toUs };
    late.add(actor);
  }
  return { fromUs: firstUs, toUs };
}

/** Strangers turned away between the call at `at` and the last one let in before it, as many as matter. */
function turnedAwayBefore(calls: Calls, at: number): number {
  const { sessions, mine, firstUs } = calls;
  const actor = sessions.actor[mine[at]];
  const turned = new Set<number>();
  for (let k = at - 1; k >= 0 && sessions.startUs[mine[k]] >= firstUs; k--) {
    const i = mine[k];
    if (isTurnedAway(calls, i)) turned.add(sessions.actor[i]);
    else if (isLetIn(calls, i) && sessions.actor[i] !== actor) break;
    if (turned.size >= calls.limits.turnedAwayBetween) break;
  }
  return turned.size;
}

function isTurnedAway({ sessions, outcomes, isOfKind }: Calls, i: number): boolean {
  return outcomes[i] === REACHED.turnedAway && isOfKind(sessions.actor[i]);
}

function isLetIn({ outcomes, isRegular }: Calls, i: number): boolean {
  return outcomes[i] === REACHED.yes && !isRegular(i);
}

function firstFrom({ sessions, mine }: Calls, us: number): number {
  let low = 0;
  let high = mine.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sessions.startUs[mine[middle]] < us) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether strangers were turned away all through the window: then it is open to some only, and who is turned away says nothing of others. */
function isSelective(calls: Calls, lastUs: number): boolean {
  const { sessions, mine, firstUs } = calls;
  let turned = 0;
  let through = 0;
  for (let k = firstFrom(calls, firstUs); k < mine.length && sessions.startUs[mine[k]] <= lastUs; k++) {
    if (isTurnedAway(calls, mine[k])) turned += 1;
    else if (isLetIn(calls, mine[k])) through += 1;
  }
  return turned > through * calls.limits.selectiveShare;
}
