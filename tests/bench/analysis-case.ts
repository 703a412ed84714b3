import { createWriteStream, existsSync, readFileSync, writeFileSync, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import { parseIsoUtc } from '../../src/lib/base/time';
import { SHIPPERS, STATION } from '../scenarios/cast';
import { Draw } from '../scenarios/draw';
import { buildIncident, PLAIN } from '../scenarios/incident';
import type { Truth } from '../scenarios/truth';
import { SCANNED_TCP_PORTS } from '../scenarios/statistics';

/** A whole incident on disk, large enough to time the default notebook on: VPC flow logs, sshd logs and the rest that its hosts wrote. */
export interface AnalysisCase {
  readonly paths: readonly string[];
  readonly parameters: CaseParameters;
  /** What every run must have read and found before its time counts. */
  readonly expected: {
    readonly flows: number;
    readonly sshdLines: number;
    readonly quiet: readonly string[];
    readonly exposed: readonly string[];
  };
}

const SEED = 7;
/** Login rows that the incident itself has for each of its bots' conversations, about; it has 1.6 flow rows to each of them. */
const LOGINS_PER_CONVERSATION = 1.4;
const FLOWS_PER_FILE = 1_000_000;
const PREFIX = '2 111122223333';
/** A bot of the background makes this many calls on average; few make many. */
const CALLS_PER_BOT = 8;

/**
 * Writes (or finds) an incident with `flows` flow rows and about a tenth as many sshd lines. A tenth of the rows is the incident that the
 * accuracy runs use, with two quiet actors; the others are what stands around it on a busy day: bots that are turned away, scanners that
 * reach the exposed ports, and long conversations of our own machines and services, cut by the minute.
 */
export async function analysisCase(flows: number): Promise<AnalysisCase> {
  const folder = join('tests', 'bench', 'out', `analysis-${flows}`);
  const index = join(folder, 'case.json');
  if (existsSync(index)) return JSON.parse(readFileSync(index, 'utf8')) as AnalysisCase;
  await mkdir(folder, { recursive: true });
  const noise = Math.round(flows / 10 / LOGINS_PER_CONVERSATION);
  const scenario = buildIncident({ ...PLAIN, seed: SEED, noise, quiet: ['slow read', 'stolen key'] });
  const paths: string[] = [];
  let written = 0;
  let sshdLines = 0;
  for (const { name, text } of scenario.files) {
    const path = join(folder, name);
    writeFileSync(path, text);
    paths.push(path);
    const lines = text.trimEnd().split('\n');
    if (name.endsWith('auth.log')) sshdLines += lines.length;
    // The header is no row, and a record whose counters went below zero is rightly rejected.
    if (name.startsWith('vpc-flow')) written += lines.filter((line) => !/ -\d/.test(line)).length - 1;
  }
  paths.push(...(await writeSurroundings(folder, scenario.truth, flows - written)));
  const { truth, parameters } = scenario;
  const made: AnalysisCase = {
    paths,
    parameters,
    expected: {
      flows,
      sshdLines,
      quiet: truth.actors.quiet.map(({ actor }) => actor),
      exposed: truth.exposure.map(({ asset, port }) => `${asset} ${port}`).sort(),
    },
  };
  writeFileSync(index, JSON.stringify(made));
  return made;
}

/** Rows that are still to be written, by the minute in which they begin. */
type Waiting = Map<number, string[]>;

interface Scene {
  readonly draw: Draw;
  readonly assets: Truth['assets'];
  readonly exposure: readonly { readonly asset: string; readonly port: number }[];
  readonly openedS: number;
  readonly closedS: number;
  readonly bots: number;
  readonly waiting: Waiting;
}

async function writeSurroundings(folder: string, truth: Truth, rows: number): Promise<string[]> {
  const seconds = (iso: string): number => parseIsoUtc(iso) / 1e6;
  const fromS = seconds(truth.from);
  const toS = seconds(truth.to);
  const [first] = truth.exposure;
  if (!first?.opened || !first.closed) throw new Error('the incident has no exposure');
  const scene: Scene = {
    draw: new Draw(SEED).fork('surroundings'),
    assets: truth.assets,
    exposure: truth.exposure,
    openedS: seconds(first.opened),
    closedS: seconds(first.closed),
    bots: Math.ceil(rows / CALLS_PER_BOT / 3),
    waiting: new Map(),
  };
  const paths: string[] = [];
  const minutes = Math.floor((toS - fromS) / 60);
  let stream: WriteStream | null = null;
  let made = 0;
  let written = 0;
  for (let minute = 0; minute < minutes && written < rows; minute++) {
    const isLast = minute === minutes - 1;
    // Conversations that begin late are cut short: what is still waiting at the end is written with the last minute.
    while (made < ((minute + 1) / minutes) * rows || (isLast && made < rows))
      made += call(scene, fromS + minute * 60, minute, minutes - 1);
    const due = (scene.waiting.get(minute) ?? []).slice(0, rows - written);
    scene.waiting.delete(minute);
    if (!stream || written >= paths.length * FLOWS_PER_FILE) {
      await ended(stream);
      const path = join(folder, `vpc-flow-around-${paths.length + 1}.log`);
      paths.push(path);
      stream = createWriteStream(path);
    }
    written += due.length;
    if (due.length > 0 && !stream.write(`${due.join('\n')}\n`))
      await new Promise<void>((resolve) => stream?.once('drain', () => resolve()));
  }
  await ended(stream);
  if (written !== rows) throw new Error(`${written} rows written, not ${rows}`);
  return paths;
}

function ended(stream: WriteStream | null): Promise<void> {
  return new Promise((resolve) => (stream ? stream.end(() => resolve()) : resolve()));
}

/** One conversation that begins in a minute: its rows are put where they are due; returns how many they are. */
function call(scene: Scene, atS: number, minute: number, lastMinute: number): number {
  const { draw } = scene;
  const kind = draw.uniform();
  const startS = atS + draw.int(0, 40);
  const put = (due: number, text: string): void => {
    const at = Math.min(due, lastMinute);
    const rows = scene.waiting.get(at);
    if (rows) rows.push(text);
    else scene.waiting.set(at, [text]);
  };
  const asset = draw.pick(scene.assets);
  const [address = ''] = asset.addresses;
  const isOpen = atS > scene.openedS && atS < scene.closedS;
  const clientPort = draw.int(1024, 65_535);
  const line = (way: 'in' | 'out', client: string, port: number, packets: number, bytes: number, s: number) =>
    `${PREFIX} ${asset.interfaceId} ${way === 'in' ? `${client} ${address} ${clientPort} ${port}` : `${address} ${client} ${port} ${clientPort}`} 6 ${packets} ${bytes} ${s} ${s + draw.int(0, 15)}`;
  if (kind < 0.55 || (kind < 0.75 && !isOpen)) {
    const packets = draw.int(1, 3);
    put(
      minute,
      `${line('in', bot(scene), draw.weighted(SCANNED_TCP_PORTS), packets, packets * 44, startS)} REJECT OK`,
    );
    return 1;
  }
  const exposed = scene.exposure.filter((each) => each.asset === asset.asset);
  if (kind < 0.75) {
    const { port } = draw.pick(exposed);
    const client = bot(scene);
    const packets = draw.int(4, 14);
    put(minute, `${line('in', client, port, packets, packets * draw.int(52, 140), startS)} ACCEPT OK`);
    put(minute, `${line('out', client, port, packets, packets * draw.int(52, 260), startS)} ACCEPT OK`);
    return 2;
  }
  // Our own: shippers, monitoring and neighbors, for one to eight minutes.
  const client = draw.pick([...SHIPPERS, ...SHIPPERS, STATION, `10.20.7.${draw.int(1, 250)}`]);
  const { port } = draw.pick(exposed);
  const length = draw.int(1, 8);
  for (let window = 0; window < length; window++) {
    const packets = draw.int(5, 400);
    const s = atS + window * 60 + draw.int(0, 40);
    put(minute + window, `${line('in', client, port, packets, packets * draw.int(60, 1400), s)} ACCEPT OK`);
    put(minute + window, `${line('out', client, port, packets, packets * draw.int(60, 1400), s)} ACCEPT OK`);
  }
  return 2 * length;
}

/** Bots are called up unevenly, as they call: the first few of the pool make most of the calls. */
function bot({ draw, bots }: Scene): string {
  const id = Math.floor(bots * draw.uniform() ** 2);
  return `${241 + (id >>> 16)}.${(id >>> 8) & 255}.${id & 255}.${1 + (id % 254)}`;
}
