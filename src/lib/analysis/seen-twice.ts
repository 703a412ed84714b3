import { greatest } from '../base/extremes';
import type { InParts } from '../base/parts';
import type { FlowFamily } from './flow-survey';
import {
  certaintyOf,
  DIRECTED,
  FAMILY_SHIFT,
  STATE,
  VERDICT_SHIFT,
  type SessionRecords,
} from './session-records';
import { CONN_STATE, VERDICT } from '../tables/schemas';

/** Clocks of two recorders on one network are this close, or nothing tells their conversations to be one. */
const CLOCKS_US = 2e6;
/** Counts of one conversation by two recorders: retransmissions and a packet at the edge make them differ by no more. */
const ALIKE_SHARE = 0.05;

/** One that tells of this share of another's bytes of a way tells of the same: payload is less than what was on the wire, a sample far less. */
const LEAST_SHARE = 0.5;

/** Slots gone through between two pauses. */
const SLOTS_A_PART = 1 << 17;

/** What one kind of export tells of a stretch of one pair of endpoints. */
interface Told {
  readonly family: number;
  /** In the order of their starts. */
  readonly sessions: number[];
  toActor: number;
  fromActor: number;
}

/**
 * Leaves out what a second kind of export tells of conversations that another kind tells of, too, as a capture does beside the flow log. Of each
 * stretch of the same endpoints the kind stays that tells of the most bytes each way (others were sampled, cut, began late or saw one way
 * only); where they are alike, the one that has it in the fewest sessions, then one whose records are whole conversations. Of the others stays
 * what lies at times of which that one does not tell, and what tells of far more bytes of a way. Who began a conversation, and that it was
 * answered, is taken from what is left out where that knows it better. What was rejected is told of only by what was rejected, too. Rows of
 * what is left out stay in the tables. Returns how many sessions were left out; their row count is 0. Pauses now and then.
 */
export function* leaveOutSeenTwice(
  records: SessionRecords,
  families: readonly FlowFamily[],
): InParts<number> {
  if (families.length < 2 || isOfOneFamily(records)) return 0;
  const { heads, next } = chainsOf(records);
  let leftOut = 0;
  for (let slot = 0; slot < heads.length; slot++) {
    if (slot % SLOTS_A_PART === 0) yield;
    const head = heads[slot];
    if (head === 0 || next[head - 1] === 0) continue;
    for (const stretch of stretchesOf(records, families, sameKeys(records, head, next))) {
      const kept = keptOf(stretch, families);
      const again = toldAgain(records, families, stretch, kept);
      takeOver(records, kept, again);
      for (const at of again) records.rowCount[at] = 0;
      leftOut += again.length;
    }
  }
  return leftOut;
}

function isOfOneFamily({ kind, length }: SessionRecords): boolean {
  for (let at = 1; at < length; at++)
    if (kind[at] >>> FAMILY_SHIFT !== kind[0] >>> FAMILY_SHIFT) return false;
  return true;
}

/** Sessions by a hash of their endpoints and protocol: the first of each slot and the next of each session, both + 1. */
function chainsOf(records: SessionRecords): { heads: Uint32Array; next: Uint32Array } {
  const { actorAddr, assetAddr, ports, kind, rowCount, length } = records;
  let slots = 1 << 10;
  while (slots < length) slots *= 2;
  const heads = new Uint32Array(slots);
  const next = new Uint32Array(length);
  for (let at = 0; at < length; at++) {
    if (rowCount[at] === 0) continue;
    let hash = Math.imul(actorAddr[at], 0x9e3779b1) ^ Math.imul(assetAddr[at], 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35) ^ Math.imul(ports[at], 0x27d4eb2f) ^ whatOf(kind[at]);
    const slot = (hash ^ (hash >>> 16)) & (slots - 1);
    next[at] = heads[slot];
    heads[slot] = at + 1;
  }
  return { heads, next };
}

/** The sessions of a slot by their endpoints and protocol; only those of which several kinds of exports tell. */
function sameKeys(records: SessionRecords, head: number, next: Uint32Array): number[][] {
  const groups: number[][] = [];
  for (let at = head; at !== 0; at = next[at - 1]) {
    const group = groups.find(([other]) => isSameKey(records, other, at - 1));
    if (group) group.push(at - 1);
    else groups.push([at - 1]);
  }
  return groups.filter((group) =>
    group.some((at) => records.kind[at] >>> FAMILY_SHIFT !== records.kind[group[0]] >>> FAMILY_SHIFT),
  );
}

/** Protocol, and whether it was rejected. */
function whatOf(kind: number): number {
  return (kind & 0xff) | (((kind >>> VERDICT_SHIFT) & 3) === VERDICT.reject ? 0x100 : 0);
}

function isSameKey({ actorAddr, assetAddr, ports, kind }: SessionRecords, a: number, b: number): boolean {
  return (
    actorAddr[a] === actorAddr[b] &&
    assetAddr[a] === assetAddr[b] &&
    ports[a] === ports[b] &&
    whatOf(kind[a]) === whatOf(kind[b])
  );
}

/** Sessions that touch in time, as each kind of export tells of them; only where several do. */
function stretchesOf(
  records: SessionRecords,
  families: readonly FlowFamily[],
  groups: readonly number[][],
): Told[][] {
  const { startUs, endUs } = records;
  const stretches: Told[][] = [];
  for (const group of groups) {
    const slackUs = CLOCKS_US + greatest(group.map((at) => familyOf(records, families, at).lateUs));
    let stretch: Told[] = [];
    let untilUs = -Infinity;
    for (const at of group.toSorted((a, b) => startUs[a] - startUs[b])) {
      if (startUs[at] > untilUs + slackUs) {
        stretch = [];
        stretches.push(stretch);
      }
      untilUs = Math.max(untilUs, endUs[at]);
      tell(stretch, records, at);
    }
  }
  return stretches.filter((stretch) => stretch.length > 1);
}

function familyOf({ kind }: SessionRecords, families: readonly FlowFamily[], at: number): FlowFamily {
  return families[kind[at] >>> FAMILY_SHIFT];
}

function tell(stretch: Told[], records: SessionRecords, at: number): void {
  const family = records.kind[at] >>> FAMILY_SHIFT;
  let told = stretch.find((one) => one.family === family);
  if (!told) {
    told = { family, sessions: [], toActor: 0, fromActor: 0 };
    stretch.push(told);
  }
  told.sessions.push(at);
  told.toActor += records.bytesToActor[at] || 0;
  told.fromActor += records.bytesFromActor[at] || 0;
}

function keptOf(stretch: readonly Told[], families: readonly FlowFamily[]): Told {
  const mostTo = greatest(stretch.map(({ toActor }) => toActor));
  const mostFrom = greatest(stretch.map(({ fromActor }) => fromActor));
  const shareOf = ({ toActor, fromActor }: Told): number =>
    Math.min(mostTo > 0 ? toActor / mostTo : 1, mostFrom > 0 ? fromActor / mostFrom : 1);
  const fullest = alike(stretch, shareOf);
  const [best] = alike(fullest, ({ toActor, fromActor }) => toActor + fromActor).toSorted(
    (a, b) =>
      a.sessions.length - b.sessions.length ||
      Number(families[b.family].isConversation) - Number(families[a.family].isConversation),
  );
  return best as Told;
}

/** Those whose measure is about the greatest. */
function alike(stretch: readonly Told[], measure: (told: Told) => number): Told[] {
  const most = greatest(stretch.map(measure));
  return stretch.filter((told) => measure(told) >= most * (1 - ALIKE_SHARE));
}

/** The sessions of other kinds that tell of nothing that the kept kind does not tell of. */
function toldAgain(
  records: SessionRecords,
  families: readonly FlowFamily[],
  stretch: readonly Told[],
  kept: Told,
): number[] {
  const tells = timesOf(records, kept.sessions);
  const { lateUs } = families[kept.family];
  return stretch.flatMap((told) => {
    if (told === kept) return [];
    const family = families[told.family];
    const slackUs = CLOCKS_US + lateUs + family.lateUs + family.aggregationUs;
    const covered = told.sessions.filter(
      (at) => tells(records.startUs[at], slackUs) && tells(records.endUs[at], slackUs),
    );
    const sum = (bytes: Float64Array): number => covered.reduce((all, at) => all + (bytes[at] || 0), 0);
    return kept.toActor >= sum(records.bytesToActor) * LEAST_SHARE &&
      kept.fromActor >= sum(records.bytesFromActor) * LEAST_SHARE
      ? covered
      : [];
  });
}

/** Whether any of the sessions, which are in the order of their starts, is no more than a slack away from a moment. */
function timesOf(
  { startUs, endUs }: SessionRecords,
  sessions: readonly number[],
): (us: number, slackUs: number) => boolean {
  const untilUs = new Float64Array(sessions.length);
  sessions.forEach((at, i) => (untilUs[i] = i === 0 ? endUs[at] : Math.max(untilUs[i - 1], endUs[at])));
  return (us, slackUs) => {
    let low = 0;
    let high = sessions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (startUs[sessions[middle]] <= us + slackUs) low = middle + 1;
      else high = middle;
    }
    return low > 0 && untilUs[low - 1] >= us - slackUs;
  };
}

/** Gives the kept sessions what those left out know better: who began, and that there was an answer. */
function takeOver({ state }: SessionRecords, kept: Told, again: readonly number[]): void {
  let surest = 0;
  let isAnswered = false;
  for (const at of again) {
    const connState = (state[at] >>> STATE.connState) & 0xff;
    if (connState === CONN_STATE.established) isAnswered = true;
    // Of what was under way already, the exporter did not see who began.
    if (connState !== CONN_STATE.midstream && certaintyOf(state[at]) > certaintyOf(surest))
      surest = state[at];
  }
  for (const at of kept.sessions) {
    if (certaintyOf(surest) > certaintyOf(state[at]))
      state[at] = (state[at] & ~DIRECTED) | (surest & DIRECTED);
    if (isAnswered && ((state[at] >>> STATE.connState) & 0xff) === CONN_STATE.unknown)
      state[at] |= CONN_STATE.established << STATE.connState;
  }
}
