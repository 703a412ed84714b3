import { greatest } from '../base/extremes';
import type { FlowFamily } from './flow-survey';
import { FAMILY_SHIFT, VERDICT_SHIFT, type SessionRecords } from './session-records';
import { VERDICT } from '../tables/schemas';

/** Clocks of two recorders on one network are this close, or nothing tells their conversations to be one. */
const CLOCKS_US = 2e6;
/** Counts of one conversation by two recorders: retransmissions and a packet at the edge make them differ by no more. */
const ALIKE_SHARE = 0.05;

/** What one kind of export tells of a stretch of one pair of endpoints. */
interface Told {
  readonly family: number;
  readonly sessions: number[];
  bytes: number;
}

/**
 * Leaves out what a second kind of export tells of conversations that another kind tells of, too, as a capture does beside the flow log: of each
 * stretch of the same endpoints the kind stays that tells of the most bytes (others were sampled, cut or began late); where they are
 * alike, the one that has it in the fewest sessions, then one whose records are whole conversations. What was rejected is told of only by
 * what was rejected, too. Rows of what is left out stay in the tables. Returns how many sessions were left out; their row count is 0.
 */
export function leaveOutSeenTwice(records: SessionRecords, families: readonly FlowFamily[]): number {
  if (families.length < 2 || isOfOneFamily(records)) return 0;
  const { heads, next } = chainsOf(records);
  let leftOut = 0;
  for (const head of heads) {
    if (head === 0) continue;
    for (const stretch of stretchesOf(records, families, sameKeys(records, head, next))) {
      const kept = keptOf(stretch, families);
      for (const told of stretch) {
        if (told === kept) continue;
        for (const at of told.sessions) records.rowCount[at] = 0;
        leftOut += told.sessions.length;
      }
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
    const slackUs =
      CLOCKS_US + greatest(group.map((at) => slackOf(families[records.kind[at] >>> FAMILY_SHIFT])));
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

function slackOf({ aggregationUs, lateUs }: FlowFamily): number {
  return aggregationUs + lateUs;
}

function tell(stretch: Told[], records: SessionRecords, at: number): void {
  const family = records.kind[at] >>> FAMILY_SHIFT;
  let told = stretch.find((one) => one.family === family);
  if (!told) {
    told = { family, sessions: [], bytes: 0 };
    stretch.push(told);
  }
  told.sessions.push(at);
  told.bytes += (records.bytesToActor[at] || 0) + (records.bytesFromActor[at] || 0);
}

function keptOf(stretch: readonly Told[], families: readonly FlowFamily[]): Told {
  const most = greatest(stretch.map(({ bytes }) => bytes));
  const alike = stretch.filter(({ bytes }) => bytes >= most * (1 - ALIKE_SHARE));
  const [best] = alike.toSorted(
    (a, b) =>
      a.sessions.length - b.sessions.length ||
      Number(families[b.family].isConversation) - Number(families[a.family].isConversation),
  );
  return best as Told;
}
