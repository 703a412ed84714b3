import { quantileSorted } from '../base/statistics';
import { MICROS_PER_SECOND } from '../base/time';
import { formatById } from '../formats/registry';
import { CONN_STATE, LOG_STATUS, UNKNOWN_FLAGS, UNKNOWN_PACKETS } from '../tables/schemas';
import type { Segment } from '../tables/segment';
import type { Evidence } from './evidence';
import { SIDE } from './own-ranges';
import type { Thresholds } from './parameters';

/** What one kind of flow export is like. Sources of one format are one family: their records can be stitched to each other. */
export interface FlowFamily {
  readonly format: string;
  /** A record tells of both ways of a conversation (Zeek, Suricata, Azure), and its source is who began. */
  readonly isConversation: boolean;
  /**
   * Longest gap between two records of one session. Null where a record is a whole conversation: there is nothing to stitch, and a port used
   * again is another one.
   */
  readonly joinUs: number | null;
  /** Its byte counts hold IP and transport headers. */
  readonly countsHeaders: boolean;
  /** ACK is set in every record of a connection and not in the answer to a SYN alone. */
  readonly reportsEveryAck: boolean;
  /** Answers are in the export, whether in the same record or in one of their own. */
  readonly seesBothWays: boolean;
  /** By how much a record may begin or end beside the traffic that it tells of. */
  readonly aggregationUs: number;
  /** By how much a record's start may lie after the packet that began it. */
  readonly lateUs: number;
}

export interface FlowSurvey {
  readonly families: readonly FlowFamily[];
  /** Index into `families` by SourceId. */
  readonly familyOfSource: ReadonlyMap<number, number>;
  /** Segment indices, by the earliest time in each: rows come nearly in order of time. */
  readonly segmentOrder: readonly number[];
}

/** Records run a little late. */
const SLACK = 1.1;

/** VPC flow logs: a start may be up to 60 s after the packet (Amazon VPC User Guide, available fields, `start`). */
const LATEST_START = 60;

const LENGTH_SAMPLES = 65536;
/** IPv4 header and the shortest transport header. */
const LEAST_HEADER = 28;
/** Share of rows below the headers' size that broken records explain. */
const PAYLOAD_SHARE = 0.01;

/**
 * VPC flow logs report ACK beside SYN only, and PSH never (Amazon VPC User Guide, `tcp-flags`). An export that has either has the flags of all
 * packets of a flow, so that SYN and ACK stand in both ways of every whole connection and say nothing of who began it.
 */
const ACK = 16;
const SYN_ACK = 18;
const PSH = 8;

interface FamilyCounts {
  readonly format: string;
  hasAnswersInRecord: boolean;
  reportsEveryAck: boolean;
  /** Some record begins and ends at different times. */
  hasLength: boolean;
  fromOutside: number;
  toOutside: number;
  withPackets: number;
  /** Rows with fewer bytes than their packets' headers alone would take. */
  belowHeaders: number;
  readonly lengths: number[];
}

/** One pass over the flow rows: what each export can show, and how its rows are to be joined. */
export function surveyFlows(evidence: Evidence, side: Uint8Array, thresholds: Thresholds): FlowSurvey {
  const counts: FamilyCounts[] = [];
  const familyOfSource = new Map<number, number>();
  for (const source of evidence.sources) {
    if (source.rows.flows === 0) continue;
    let family = counts.findIndex((count) => count.format === source.format);
    if (family === -1) {
      family = counts.length;
      counts.push(emptyCounts(source.format));
    }
    familyOfSource.set(source.id, family);
  }
  const segments = evidence.tables.flows.segments;
  const earliest = segments.map((segment) => {
    let family = familyOfSource.get(segment.source);
    if (family === undefined) {
      family = counts.length;
      counts.push(emptyCounts(''));
      familyOfSource.set(segment.source, family);
    }
    countSegment(segment, side, counts[family]);
    return earliestStart(segment);
  });
  const segmentOrder = segments.map((_, index) => index).sort((a, b) => earliest[a] - earliest[b] || a - b);
  return { families: counts.map((count) => concludeFamily(count, thresholds)), familyOfSource, segmentOrder };
}

function emptyCounts(format: string): FamilyCounts {
  return {
    format,
    hasAnswersInRecord: false,
    reportsEveryAck: false,
    hasLength: false,
    fromOutside: 0,
    toOutside: 0,
    withPackets: 0,
    belowHeaders: 0,
    lengths: [],
  };
}

function earliestStart(segment: Segment<'flows'>): number {
  const { startUs } = segment.columns;
  let earliest = Infinity;
  for (let i = 0; i < segment.length; i++) if (startUs[i] < earliest) earliest = startUs[i];
  return earliest;
}

function countSegment(segment: Segment<'flows'>, side: Uint8Array, counts: FamilyCounts): void {
  const { srcAddr, dstAddr, dstBytes, dstPackets, connState, tcpFlags, logStatus, startUs, endUs } =
    segment.columns;
  const { srcBytes, srcPackets } = segment.columns;
  const step = Math.max(1, Math.floor(segment.length / 4096));
  for (let i = 0; i < segment.length; i++) {
    if (logStatus[i] !== LOG_STATUS.ok) continue;
    const flags = tcpFlags[i];
    // A state that was only read off the flags of a one-way record says nothing of answers.
    const hasOwnState = connState[i] !== CONN_STATE.unknown && flags === UNKNOWN_FLAGS;
    if (dstBytes[i] >= 0 || dstPackets[i] !== UNKNOWN_PACKETS || hasOwnState)
      counts.hasAnswersInRecord = true;
    if (endUs[i] > startUs[i]) counts.hasLength = true;
    if (flags !== UNKNOWN_FLAGS && ((flags & SYN_ACK) === ACK || (flags & PSH) !== 0))
      counts.reportsEveryAck = true;
    const fromOutside = side[srcAddr[i]] === SIDE.outside;
    const toOutside = side[dstAddr[i]] === SIDE.outside;
    if (fromOutside && !toOutside) counts.fromOutside += 1;
    if (toOutside && !fromOutside) counts.toOutside += 1;
    if (srcPackets[i] !== UNKNOWN_PACKETS && srcPackets[i] > 0) {
      counts.withPackets += 1;
      if (srcBytes[i] < LEAST_HEADER * srcPackets[i]) counts.belowHeaders += 1;
    }
    if (i % step === 0 && counts.lengths.length < LENGTH_SAMPLES && endUs[i] >= startUs[i])
      counts.lengths.push(endUs[i] - startUs[i]);
  }
}

function concludeFamily(counts: FamilyCounts, thresholds: Thresholds): FlowFamily {
  const isConversation = counts.hasAnswersInRecord;
  const aggregationUs = isConversation ? 0 : aggregationOf(counts.lengths, thresholds);
  return {
    format: counts.format,
    isConversation,
    joinUs: isConversation ? partsWithin(counts.format) : aggregationUs,
    // Zeek's orig_bytes are payload, its orig_ip_bytes and every other export count what was on the wire: the rows tell which.
    countsHeaders: counts.withPackets > 0 && counts.belowHeaders <= counts.withPackets * PAYLOAD_SHARE,
    reportsEveryAck: counts.reportsEveryAck,
    seesBothWays: isConversation || (counts.fromOutside > 0 && counts.toOutside > 0),
    aggregationUs,
    // Records without any length tell of single packets, written as they pass.
    lateUs: counts.hasLength ? Math.min(aggregationUs, LATEST_START * MICROS_PER_SECOND) : 0,
  };
}

function partsWithin(format: string): number | null {
  const seconds = formatById(format)?.flowEverySeconds;
  return seconds === undefined ? null : seconds * SLACK * MICROS_PER_SECOND;
}

/**
 * The aggregation interval: what the case says, else the 99th percentile of the row lengths, taken up to the interval that exporters
 * use (60 s, 600 s) or to the next minute. A tenth of slack, since rows run a little over.
 */
function aggregationOf(lengths: readonly number[], thresholds: Thresholds): number {
  if (thresholds.aggregationSeconds > 0) return thresholds.aggregationSeconds * MICROS_PER_SECOND;
  const longest = quantileSorted(Float64Array.from(lengths).sort(), 0.99) / MICROS_PER_SECOND;
  if (!(longest > 66)) return 60 * MICROS_PER_SECOND;
  if (longest <= 660) return 600 * MICROS_PER_SECOND;
  return Math.min(3600, Math.ceil(longest / 60) * 60) * MICROS_PER_SECOND;
}
