import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { build, preview } from 'vite';
import { greatest } from '../../src/lib/base/extremes';
import { CHROMIUM_FLAGS, ensureChromium } from '../support/chromium';
import { dataset, smallFiles, type Dataset, type DatasetName } from './datasets';
import { JSON_RECORDS, type JsonRecords } from './json-records';
import { measureAnalysis } from './measure-analysis';
import { awk, nativeDuckdb, type Figure } from './node-contenders';
import { benchOptions, ROWS } from './options';
import type { Timed } from './page/files';
import type { SmallFigures } from './page/loading';

/**
 * `npm run bench [-- --rows 2000000 --only vpc,sshd --rounds 3]` (`--help`: all options): every contender answers first (rows, a sum, a count of matches must be exact),
 * then all run in turn for some rounds; medians and ratios are printed and written to tests/bench/out/bench.json.
 */
const CONFIG = join('tests', 'bench', 'vite.config.ts');

/** JSON lines, which JSON.parse is run over too. */
const JSON_DATA = new Set<DatasetName>([
  ...(['cloudtrail', 'es-audit', 'eve', 'zeek-json'] as const),
  ...(Object.keys(JSON_RECORDS) as JsonRecords[]),
]);

/** Lines of text that a regular expression is run over too. */
const SYSLOG_DATA = new Set<DatasetName>(['sshd', 'sshd-iso', 'syslog']);

/** What each must reach, as a ratio of rates: ours / theirs. */
const TARGETS: Record<string, number> = {
  'vpc / papa': 5,
  'vpc / duckdb-wasm': 6,
  'vpc / duckdb native, 2 threads': 2.5,
  'vpc / read only, 2 workers': 0.75,
  'sshd / lines and regex': 4,
  'sshd-iso / lines and regex': 4,
  'syslog / lines and regex': 4,
  'zeek / papa': 3,
  'access / papa': 3,
  ...Object.fromEntries([...JSON_DATA].map((name) => [`${name} / JSON.parse`, 0.8])),
};

interface Line {
  readonly data: DatasetName;
  readonly contender: string;
  readonly seconds: number;
  readonly megabytesPerSecond: number;
  readonly note: string;
  /** Where our own time went, in the last round. */
  readonly detail?: Readonly<Record<string, number>>;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function verify(data: Dataset, contender: string, answer: Figure): void {
  const { rows, sum, matches } = data.expected;
  if (answer.rows !== rows || answer.sum !== sum || answer.matches !== matches) {
    throw new Error(
      `${contender} on ${data.name}: ${answer.rows} rows, sum ${answer.sum}, ${answer.matches} matches; expected ${rows}, ${sum}, ${matches}`,
    );
  }
}

type Contender = { name: string; run: () => Promise<Figure | Timed | null>; isVerified: boolean };

function contendersOf(page: Page, data: Dataset): Contender[] {
  const name = data.name;
  const list: Contender[] = [
    {
      name: 'read only, 2 workers',
      isVerified: false,
      run: () => page.evaluate(() => window.bench.readOnly(2, 'slices')),
    },
    {
      name: 'read only as streams, 2 workers',
      isVerified: false,
      run: () => page.evaluate(() => window.bench.readOnly(2, 'stream')),
    },
    {
      name: 'undertone, 1 worker',
      isVerified: true,
      run: () => page.evaluate((n) => window.bench.undertone(n, 1), name),
    },
    {
      name: 'undertone, 2 workers',
      isVerified: true,
      run: () => page.evaluate((n) => window.bench.undertone(n, 2), name),
    },
  ];
  if (name === 'vpc' || name === 'zeek' || name === 'access') {
    list.push({
      name: 'papa',
      isVerified: true,
      run: () => page.evaluate((n) => window.bench.baseline('papa', n), name),
    });
  }
  if (SYSLOG_DATA.has(name) || JSON_DATA.has(name)) {
    list.push({
      name: SYSLOG_DATA.has(name) ? 'lines and regex' : 'JSON.parse',
      isVerified: true,
      run: () => page.evaluate((n) => window.bench.baseline('lines', n), name),
    });
  }
  if (name === 'vpc') {
    list.push(
      {
        name: 'duckdb-wasm',
        isVerified: true,
        run: () => page.evaluate(() => window.bench.duckdbWasmRead()),
      },
      { name: 'duckdb native, 2 threads', isVerified: true, run: () => nativeDuckdb(data) },
      { name: 'awk', isVerified: true, run: async () => awk(data) },
    );
  }
  return list;
}

async function measure(page: Page, data: Dataset, rounds: number): Promise<Line[]> {
  await page.locator('#file').setInputFiles(data.path);
  const devtools = await page.context().newCDPSession(page);
  const contenders = contendersOf(page, data);
  const times = new Map<string, number[]>();
  const notes = new Map<string, string>();
  const details = new Map<string, Record<string, number>>();
  for (let round = 0; round <= rounds; round++) {
    for (const contender of contenders) {
      // Nobody pays for what the one before it left behind.
      await devtools.send('HeapProfiler.collectGarbage');
      const figure = await contender.run();
      if (!figure) continue;
      // The first round only proves the answers (and warms the file cache); it is not timed.
      if (round === 0) {
        if (contender.isVerified) verify(data, contender.name, figure);
        const { bytesPerRow } = figure as Timed;
        if (bytesPerRow !== undefined)
          notes.set(contender.name, `${bytesPerRow.toFixed(1)} bytes a row held`);
        continue;
      }
      const { detail } = figure as Timed;
      if (detail) details.set(contender.name, detail);
      times.set(contender.name, [...(times.get(contender.name) ?? []), figure.seconds]);
    }
  }
  return [...times].map(([contender, seconds]) => ({
    data: data.name,
    contender,
    seconds: median(seconds),
    megabytesPerSecond: data.sizeBytes / 1e6 / median(seconds),
    note: notes.get(contender) ?? '',
    detail: details.get(contender),
  }));
}

function ratios(lines: readonly Line[]): { pair: string; ratio: number; target: number | null }[] {
  return lines
    .filter((line) => !line.contender.startsWith('undertone'))
    .map((line) => {
      const ours = lines.find(
        (other) => other.data === line.data && other.contender === 'undertone, 2 workers',
      );
      const pair = `${line.data} / ${line.contender}`;
      return {
        pair,
        ratio: (ours?.megabytesPerSecond ?? Number.NaN) / line.megabytesPerSecond,
        target: TARGETS[pair] ?? null,
      };
    });
}

/** Ten times the rows, memory a row, reopening, and how long the page was blocked: through the whole engine. */
async function measureEngine(page: Page, rows: number): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const [label, count] of [
    ['tenth', Math.round(rows / 10)],
    ['whole', rows],
  ] as const) {
    const data = await dataset('vpc', count);
    await page.locator('#file').setInputFiles(data.path);
    const timed = await page.evaluate(() => window.bench.engineLoad('vpc'));
    if (timed.rows !== count) throw new Error(`the engine gave ${timed.rows} rows of ${count}`);
    figures[`${label}: seconds until saved`] = timed.seconds;
    figures[`${label}: reopening / loading`] =
      (timed.detail?.['reopenSeconds'] ?? Number.NaN) / timed.seconds;
    figures[`${label}: reopening until the last row is shown / loading`] =
      (timed.detail?.['lastRowSeconds'] ?? Number.NaN) / timed.seconds;
    figures[`${label}: longest block of the page, ms`] = timed.detail?.['longestBlockMs'] ?? 0;
  }
  figures['ten times the rows / time'] =
    (figures['whole: seconds until saved'] ?? 0) / (figures['tenth: seconds until saved'] ?? 1);
  return figures;
}

/** Two stored records: less makes an analysis read the same columns over and over. */
const LEAST_HELD_BYTES = 130_000_000;

/**
 * As many rows as are asked for in one tab (`--only tab --rows 10000000`), and again with memory for a quarter of them. Beside times, the most
 * memory that any process of a tab has taken, where the platform tells.
 */
async function measureTab(page: Page, rows: number): Promise<Record<string, number | boolean>> {
  const data = await dataset('vpc', rows);
  await page.locator('#file').setInputFiles(data.path);
  const figures = await page.evaluate(
    (bytes) => window.bench.tab(bytes),
    Math.max(LEAST_HELD_BYTES, Math.round((rows * 49) / 4)),
  );
  if (figures.rows !== rows) throw new Error(`the engine gave ${figures.rows} rows of ${rows}`);
  if (!figures.isSame) throw new Error('the notebook found something else with most rows in storage');
  return { ...figures, peakMegabytes: peakOfRenderers() };
}

/** The most megabytes that any process under this one has taken; NaN where there is no /proc. */
function peakOfRenderers(): number {
  if (!existsSync('/proc/self/status')) return Number.NaN;
  const status = new Map<number, string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const path = `/proc/${pid}/status`;
    if (existsSync(path)) status.set(Number(pid), readFileSync(path, 'utf8'));
  }
  const number = (pid: number, key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status.get(pid) ?? '')?.[1] ?? 0);
  const isOurs = (pid: number): boolean => {
    const parent = number(pid, 'PPid');
    return parent === process.pid || (parent !== 0 && isOurs(parent));
  };
  return greatest([...status.keys()].filter(isOurs).map((pid) => number(pid, 'VmHWM') / 1000));
}

const SMALL_FILES = 200;

/** Many small files dropped at once: into an empty case, and into one that holds a large file already. */
async function measureSmall(page: Page, rows: number): Promise<Record<string, SmallFigures>> {
  const many = await smallFiles(SMALL_FILES);
  const large = await dataset('vpc', rows);
  const measureOne = async (before: readonly Dataset[]): Promise<SmallFigures> => {
    await page.reload();
    await page.locator('#file').setInputFiles([...before.map(({ path }) => path), ...many.paths]);
    const figures = await page.evaluate((count) => window.bench.small(count), before.length);
    const expected = before.reduce((sum, { expected }) => sum + expected.rows, many.rows);
    if (figures.rows !== expected || figures.sources !== before.length + SMALL_FILES)
      throw new Error(`${figures.rows} rows of ${expected} in ${figures.sources} sources`);
    return figures;
  };
  return {
    'in an empty case': await measureOne([]),
    [`beside ${rows} flow rows`]: await measureOne([large]),
  };
}

function installContenders(): void {
  if (existsSync(join('tests', 'bench', 'node_modules', '@duckdb'))) return;
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: join('tests', 'bench'),
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the contenders could not be installed');
}

async function main(): Promise<void> {
  const options = benchOptions();
  if (!options) return;
  const { only, rounds, scale } = options;
  installContenders();
  await build({ configFile: CONFIG, logLevel: 'error' });
  const server = await preview({
    configFile: CONFIG,
    logLevel: 'error',
    preview: { port: 0 },
  });
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: CHROMIUM_FLAGS,
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${(server.httpServer.address() as AddressInfo).port}/`);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB; Node ${process.version}; Chromium ${browser.version()}; Undertone ${version}`;
    console.log(machine);
    const lines: Line[] = [];
    for (const name of Object.keys(ROWS) as DatasetName[]) {
      if (only && !only.includes(name)) continue;
      const data = await dataset(name, Math.round(ROWS[name] * scale));
      const measured = await measure(page, data, rounds);
      lines.push(...measured);
      console.log(`\n${name}: ${data.expected.rows} records, ${(data.sizeBytes / 1e6).toFixed(0)} MB`);
      console.table(
        measured.map(({ contender, seconds, megabytesPerSecond, note }) => ({
          contender,
          seconds: Number(seconds.toFixed(3)),
          'MB/s': Math.round(megabytesPerSecond),
          note,
        })),
      );
    }
    const compared = ratios(lines);
    if (compared.length > 0) console.log('\nRatios of rates, Undertone with 2 workers against:');
    console.table(
      compared.map(({ pair, ratio, target }) => ({
        pair,
        ratio: Number(ratio.toFixed(2)),
        target,
        reached: target === null ? '' : ratio >= target,
      })),
    );
    const engine =
      !only || only.includes('vpc') || only.includes('engine')
        ? await measureEngine(page, Math.round(ROWS.vpc * scale))
        : {};
    console.table(engine);
    const analysis = !only || only.includes('analysis') ? await measureAnalysis(page, scale, rounds) : null;
    if (analysis) {
      console.log('\nThe default notebook over a whole incident:');
      console.table(analysis.figures);
      console.table(analysis.stepSeconds);
    }
    const small =
      !only || only.includes('small') ? await measureSmall(page, Math.round(ROWS.vpc * scale)) : null;
    if (small) {
      console.log(`\n${SMALL_FILES} small files at once:`);
      console.table(small);
    }
    const tab = only?.includes('tab') ? await measureTab(page, Math.round(ROWS.vpc * scale)) : null;
    if (tab) console.table(tab);
    writeFileSync(
      join('tests', 'bench', 'out', 'bench.json'),
      `${JSON.stringify({ machine, lines, ratios: compared, engine, analysis, small, tab }, null, 2)}\n`,
    );
  } finally {
    await browser.close();
    server.httpServer.close();
  }
}

await main();
