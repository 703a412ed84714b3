import type { InParts } from '../base/parts';
import { MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../base/time';
import { CHANGE_OUTCOME, LOG_STATUS, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { rowIdOf, type Segment } from '../tables/segment';
import {
  CLOUD_LOG,
  ceilingKey,
  cloudLogs,
  isCloudService,
  isLoggedOnDemand,
  LOGGED_ALWAYS,
  readsCloudData,
} from './cloud-services';
import type { Ground } from './context';
import { CountedBins, type Grid } from './coverage-bins';
import { BinRuns } from './coverage-runs';
import { FlowTraits, SensorAssets, WHOLE_CASE } from './coverage-flows';
import type { SourceInfo } from './evidence';
import type { Rung } from './findings';
import { globMatches } from './glob';
import type { ClockCorrection } from './log-clocks';
import { LogPlaces } from './log-places';
import { sourcesThat } from './query-rungs';
import { ServiceIndex } from './service-index';

/** Key of a ceiling that holds for every port of the asset: a flow log sees them all alike. */
export const ANY_PORT = -1;

const BIN_CHOICES_US = [1, 5, 10, 30, 60].map((minutes) => minutes * MICROS_PER_MINUTE);
/** Bins that a case may have before they are made wider: a month in five-minute bins. */
const BINS_WANTED = 20_000;
const BACKWARDS_KEPT = 20;
/**
 * Files times machines up to which each file's share is counted by itself. Clouds deliver flow logs in files of five minutes, each about a
 * hundred machines: a month's would be a million strips, of which nobody looks at one.
 */
const MOST_CELLS_APART = 20_000;

/** Flow rows between two pauses: some hundredths of a second. */
const ROWS_A_PART = 1_000_000;

/** What files have in common that are one log: the format, where they were kept, and whether the analyst vouches for them. */
export function logOf(ground: Ground, info: SourceInfo): string {
  return `${info.format} ${info.heldOffAsset} ${isVouchedFor(ground, info)}`;
}

/** Whether the analyst vouches for a source although it lies on the asset. */
export function isVouchedFor(ground: Ground, info: SourceInfo): boolean {
  return (ground.parameters.sources ?? []).some(
    (rule) => rule.trusted === true && globMatches(rule.name, info.name),
  );
}

export function gridOf(fromUs: number, toUs: number): Grid {
  const span = Number.isFinite(toUs - fromUs) ? toUs - fromUs : 0;
  const binUs = BIN_CHOICES_US.find((bin) => span / bin <= BINS_WANTED) ?? MICROS_PER_HOUR;
  const from = Number.isFinite(fromUs) ? fromUs : 0;
  return { fromUs: Math.floor(from / MICROS_PER_HOUR) * MICROS_PER_HOUR, binUs };
}

/** What one source says about one asset, as counts in time. */
export class CoverageCell {
  readonly source: number;
  readonly asset: number;
  /** With `kin`, of all of the log's files together. */
  readonly bins: CountedBins;
  /** Stretches in which the exporter says that it lost records (SKIPDATA). */
  readonly lost: { fromUs: number; toUs: number }[] = [];
  readonly ceilings: Map<number, Rung>;
  firstUs = Infinity;
  lastUs = -Infinity;
  events = 0;
  heartbeats = 0;
  /** Whether the log shows calls that only read: a trail may leave those out. */
  seesReads = false;
  /** Whose rows show that the log was being written: a trail's, for each of the buckets and accounts that it speaks of. */
  readonly stream: CoverageCell;

  readonly #grid: Grid;

  /** `kin`: the cell of another file of the same log, with which this one counts. */
  constructor(source: number, asset: number, grid: Grid, stream?: CoverageCell, kin?: CoverageCell) {
    this.source = source;
    this.asset = asset;
    this.#grid = grid;
    this.bins = kin?.bins ?? new CountedBins(grid);
    this.ceilings = kin?.ceilings ?? new Map<number, Rung>();
    this.stream = stream ?? this;
  }

  /** Rows that lie in one bin: the first, the last and how many they are. */
  count(firstUs: number, lastUs = firstUs, rows = 1): void {
    this.bins.count(firstUs, lastUs, rows);
    this.events += rows;
    if (firstUs < this.firstUs) this.firstUs = firstUs;
    if (lastUs > this.lastUs) this.lastUs = lastUs;
  }

  /** The exporter was there from `fromUs` to `toUs`, with nothing to report. */
  watch(fromUs: number, toUs: number): void {
    const { fromUs: origin, binUs } = this.#grid;
    const from = Math.floor((fromUs - origin) / binUs);
    // At most a day a record: a longer claim is a broken clock.
    const to = Math.min(
      Math.floor((toUs - origin) / binUs),
      from + Math.ceil((24 * MICROS_PER_HOUR) / binUs),
    );
    for (let bin = from; bin <= to; bin++) this.bins.watch(bin);
    this.heartbeats += 1;
    if (fromUs < this.firstUs) this.firstUs = fromUs;
    if (toUs > this.lastUs) this.lastUs = toUs;
  }

  raiseCeiling(port: number, rung: Rung): void {
    if (rung > (this.ceilings.get(port) ?? -1)) this.ceilings.set(port, rung);
  }
}

/** A row whose time lies before that of the row above it in the file. */
export interface BackwardStep {
  readonly beforeUs: number;
  readonly afterUs: number;
  readonly table: 'logins' | 'queries' | 'changes';
  readonly row: number;
}

export interface SourceOrder {
  rows: number;
  steps: number;
  readonly kept: BackwardStep[];
}

export interface Cells {
  readonly grid: Grid;
  readonly cells: readonly CoverageCell[];
  /** Whether the files of one log are counted together, and so can only be told of together. */
  readonly isByLog: boolean;
  /** By source id; flow tables are not looked at. */
  readonly order: ReadonlyMap<number, SourceOrder>;
}

/** One pass over every table: which source speaks of which asset, when, and how much it could show. */
export function* gatherCells(ground: Ground, clocks: ClockCorrection): InParts<Cells> {
  const gatherer = new Gatherer(ground, clocks);
  const { flows, logins, queries, changes } = ground.evidence.tables;
  let rows = 0;
  for (const segment of flows.segments) {
    gatherer.flows(segment);
    rows += segment.length;
    if (rows < ROWS_A_PART) continue;
    rows = 0;
    yield;
  }
  gatherer.settleStatusRows();
  yield;
  logins.segments.forEach((segment, index) => gatherer.logins(segment, index));
  yield;
  queries.segments.forEach((segment, index) => gatherer.queries(segment, index));
  changes.segments.forEach((segment, index) => gatherer.changes(segment, index));
  for (const { bins } of gatherer.cells) bins.settle();
  yield;
  const { grid, cells, order, isByLog } = gatherer;
  return { grid, cells, order, isByLog };
}

class Gatherer {
  readonly grid: Grid;
  readonly cells: CoverageCell[] = [];
  readonly order = new Map<number, SourceOrder>();
  readonly isByLog: boolean;

  readonly #ground: Ground;
  readonly #clocks: ClockCorrection;
  readonly #backwardsUs: number;
  readonly #services: ServiceIndex;
  readonly #places: LogPlaces;
  readonly #isCloud: Uint8Array;
  /** SourceIds of logs that show requests and no answers. */
  readonly #seesNoAnswers: ReadonlySet<number>;
  /** SourceIds of logs that tell statements as they arrive: one that is not in them was not asked for. */
  readonly #asArriving: ReadonlySet<number>;
  /** By source, then by asset + 1. */
  readonly #bySource: (CoverageCell | undefined)[][] = [];
  /** Where files are counted by log: the log of each source, and the first cell of each log and asset. */
  readonly #logOf = new Map<number, string>();
  readonly #byLog = new Map<string, CoverageCell>();
  readonly #sensors: SensorAssets;
  readonly #runs: BinRuns;
  readonly #statusRows: { source: number; sensor: number; fromUs: number; toUs: number; isLoss: boolean }[] =
    [];

  constructor(ground: Ground, clocks: ClockCorrection) {
    this.#ground = ground;
    this.#clocks = clocks;
    this.#backwardsUs = ground.thresholds.backwardsSeconds * MICROS_PER_SECOND;
    this.grid = gridOf(ground.fromUs, ground.toUs);
    const { sources } = ground.evidence;
    this.isByLog = sources.length * ground.assets.count > MOST_CELLS_APART;
    for (const source of sources) this.#logOf.set(source.id, logOf(ground, source));
    this.#services = new ServiceIndex(ground.assets, (id) => ground.evidence.dictionaries.strings.text(id));
    this.#places = new LogPlaces(ground, this.#services);
    this.#isCloud = cloudLogs(ground.evidence);
    this.#seesNoAnswers = sourcesThat(ground.evidence, 'seesNoAnswers');
    this.#asArriving = sourcesThat(ground.evidence, 'tellsStatementsAsTheyArrive');
    this.#sensors = new SensorAssets(ground.evidence.dictionaries.strings.size);
    this.#runs = new BinRuns(this.grid, ground.assets.count + 1);
  }

  flows(segment: Segment<'flows'>): void {
    const { columns, source, length } = segment;
    const { byAddress } = this.#ground.assets;
    const cells: (CoverageCell | undefined)[] = [];
    const traits = new FlowTraits();
    const runs = this.#runs;
    const sensors = this.#sensors;
    sensors.begin(source);
    const { sensor, logStatus, srcAddr, dstAddr, startUs } = columns;
    for (let i = 0; i < length; i++) {
      // A line that another log tells again still shows that this one was being written.
      if (logStatus[i] !== LOG_STATUS.ok && logStatus[i] !== LOG_STATUS.retold) {
        const toUs = columns.endUs[i];
        const isLoss = logStatus[i] === LOG_STATUS.skipData;
        this.#statusRows.push({ source, sensor: sensor[i], fromUs: startUs[i], toUs, isLoss });
        continue;
      }
      const src = byAddress[srcAddr[i]];
      const dst = byAddress[dstAddr[i]];
      if (src !== 0) sensors.see(sensor[i], src - 1);
      if (dst !== 0) sensors.see(sensor[i], dst - 1);
      if (!traits.isSettled) traits.see(columns, i, src !== 0);
      if (Number.isNaN(startUs[i])) continue;
      if (src !== 0 && !runs.goesOn(src, startUs, i))
        runs.begin(src, startUs[i], (cells[src] ??= this.#cell(source, src - 1)));
      if (dst !== 0 && dst !== src && !runs.goesOn(dst, startUs, i))
        runs.begin(dst, startUs[i], (cells[dst] ??= this.#cell(source, dst - 1)));
    }
    runs.endAll();
    const ceiling = traits.ceiling();
    for (const cell of cells) cell?.raiseCeiling(ANY_PORT, ceiling);
  }

  /** NODATA and SKIPDATA rows name an interface and no address: known only once its other rows have been read. */
  settleStatusRows(): void {
    const { assets } = this.#ground;
    for (const row of this.#statusRows) {
      const named = row.sensor === 0 ? 0 : (assets.byString[row.sensor] ?? 0);
      const asset = named !== 0 ? named - 1 : this.#sensors.assetOf(row.source, row.sensor);
      const cell = this.#cell(row.source, asset);
      if (row.isLoss) cell.lost.push({ fromUs: row.fromUs, toUs: row.toUs });
      else if (Number.isFinite(row.toUs - row.fromUs)) cell.watch(row.fromUs, row.toUs);
    }
  }

  logins(segment: Segment<'logins'>, segmentIndex: number): void {
    const { columns, source, length } = segment;
    this.#watchOrder(source, 'logins', segmentIndex, columns.timeUs, columns.offset, length);
    for (let i = 0; i < length; i++) {
      const host = columns.host[i] as number;
      const cell = this.#cell(source, this.#places.assetOf(source, host));
      const us = this.#clocks.loginTime(source, host, columns.timeUs[i]);
      count(cell, us);
      const service = this.#places.serviceOf(source, host, columns.service[i] as number, 0);
      if (this.#services.assetOf(service) !== -1 && !isCloudService(this.#services.protocolOf(service)))
        cell.raiseCeiling(this.#services.portOf(service), 5);
    }
  }

  queries(segment: Segment<'queries'>, segmentIndex: number): void {
    const { columns, source, length } = segment;
    this.#watchOrder(source, 'queries', segmentIndex, columns.timeUs, columns.offset, length);
    for (let i = 0; i < length; i++) {
      const host = columns.host[i] as number;
      const cell = this.#cell(source, this.#places.assetOf(source, host));
      const us = this.#clocks.queryTime(source, host, columns.timeUs[i]);
      count(cell, us);
      const program = columns.service[i] as number;
      const service = this.#places.serviceOf(source, host, program, columns.servicePort[i] as number);
      const saysSize = !Number.isNaN(columns.bytesReturned[i]) || !Number.isNaN(columns.rowsReturned[i]);
      const protocol = this.#services.protocolOf(service);
      if (isCloudService(protocol)) this.#raiseCloud(cell, protocol, columns, i, saysSize);
      else {
        // What became of a request that no row tells the outcome of, or whose log stands before the service, cannot be held against a negative.
        const isTold =
          columns.outcome[i] !== QUERY_OUTCOME.unknown ||
          columns.status[i] !== 0 ||
          this.#asArriving.has(source);
        const rung = !isTold || this.#seesNoAnswers.has(source) ? 4 : saysSize ? 8 : 6;
        cell.raiseCeiling(this.#services.portOf(service), rung);
      }
    }
  }

  /**
   * A trail with reading management events would have shown a read of any service that logs its reads as such. What is logged on demand can
   * only be seen of what is seen to be logged: an object that was read or written, not a bucket whose policy was.
   */
  #raiseCloud(
    cell: CoverageCell,
    protocol: number,
    columns: Segment<'queries'>['columns'],
    i: number,
    saysSize: boolean,
  ): void {
    if (isLoggedOnDemand(protocol)) {
      const object = this.#ground.evidence.dictionaries.strings.text(columns.object[i]);
      const isOfData = readsCloudData(protocol, object);
      cell.raiseCeiling(ceilingKey(0, protocol), isOfData ? (saysSize ? 8 : 6) : 5);
    }
    const verb = columns.verb[i];
    if (verb !== QUERY_VERB.read && verb !== QUERY_VERB.list) return;
    if (cell.seesReads) return;
    cell.seesReads = true;
    for (const other of LOGGED_ALWAYS) cell.raiseCeiling(ceilingKey(0, other), 6);
  }

  changes(segment: Segment<'changes'>, segmentIndex: number): void {
    const { columns, source, length } = segment;
    this.#watchOrder(source, 'changes', segmentIndex, columns.timeUs, columns.offset, length);
    for (let i = 0; i < length; i++) {
      const cell = this.#cell(source, this.#writerOf(source));
      if (!Number.isNaN(columns.timeUs[i])) cell.count(columns.timeUs[i] as number);
      if (columns.outcome[i] !== CHANGE_OUTCOME.failure) cell.raiseCeiling(ANY_PORT, 0);
    }
  }

  /** A change names the machine that was changed, which need not have written the line: only a file that is one machine's speaks of it. */
  #writerOf(source: number): number {
    return (this.#ground.assets.bySource?.[source] ?? 0) - 1;
  }

  #cell(source: number, asset: number): CoverageCell {
    const ofSource = (this.#bySource[source] ??= []);
    let cell = ofSource[asset + 1];
    if (!cell) {
      const stream =
        this.#isCloud[source] === CLOUD_LOG.judged && asset !== WHOLE_CASE
          ? this.#cell(source, WHOLE_CASE)
          : undefined;
      const log = `${this.#logOf.get(source) ?? ''} ${asset}`;
      cell = new CoverageCell(source, asset, this.grid, stream, this.#byLog.get(log));
      if (this.isByLog && !this.#byLog.has(log)) this.#byLog.set(log, cell);
      ofSource[asset + 1] = cell;
      this.cells.push(cell);
    }
    return cell;
  }

  #watchOrder(
    source: number,
    table: BackwardStep['table'],
    segmentIndex: number,
    times: Float64Array,
    offsets: Uint32Array,
    length: number,
  ): void {
    let order = this.order.get(source);
    if (!order) {
      order = { rows: 0, steps: 0, kept: [] };
      this.order.set(source, order);
    }
    let before = Number.NaN;
    let furthest = 0;
    for (let i = 0; i < length; i++) {
      const offset = offsets[i] as number;
      // A row that was held back until a later line told how it ended stands behind rows of later lines.
      if (offset < furthest) continue;
      furthest = offset;
      const us = times[i] as number;
      if (us < before - this.#backwardsUs) {
        order.steps += 1;
        if (order.kept.length < BACKWARDS_KEPT)
          order.kept.push({ beforeUs: before, afterUs: us, table, row: rowIdOf(segmentIndex, i) });
      }
      before = us;
    }
    order.rows += length;
  }
}

function count(cell: CoverageCell, us: number): void {
  if (Number.isNaN(us)) return;
  cell.count(us);
  if (cell.stream !== cell) cell.stream.count(us);
}
