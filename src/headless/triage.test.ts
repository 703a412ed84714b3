import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listFiles } from './files';

const FLOW =
  '2 123456789010 eni-1235b8ca 203.0.113.9 10.0.0.21 40111 9200 6 20 4249 1418530010 1418530070 ACCEPT OK\n';
const AUTH = 'Mar  2 10:20:30 log-1 sshd[77]: Failed password for root from 203.0.113.9 port 40000 ssh2\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'undertone-'));
  mkdirSync(join(folder, 'logs', 'host'), { recursive: true });
  writeFileSync(join(folder, 'logs', 'flow.log'), FLOW);
  writeFileSync(join(folder, 'logs', 'host', 'auth.log'), AUTH);
  writeFileSync(
    join(folder, 'noise.bin'),
    Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919) % 251)),
  );
  writeFileSync(join(folder, 'case.json'), JSON.stringify({ sources: [{ name: 'auth*', year: 2015 }] }));
  symlinkSync(join(folder, 'logs'), join(folder, 'logs', 'host', 'loop'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function triage(...words: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'src/headless/triage.ts', ...words],
    { encoding: 'utf8', cwd: resolve('.') },
  );
  return { status, out: stdout, err: stderr };
}

const KEYS = [
  'tool',
  'case',
  'sources',
  'exposure',
  'actors',
  'campaigns',
  'assets',
  'verdicts',
  'integrity',
  'decoy',
  'aftermath',
  'rotation',
  'coverage',
];

// Each run starts Node and compiles the sources, which takes long on a busy machine.
describe('triage', { timeout: 120_000 }, () => {
  it('reads folders by the case, and prints the findings with every key of the contract', () => {
    const { status, out, err } = triage('--case', join(folder, 'case.json'), join(folder, 'logs'));
    expect([status, err]).toEqual([0, '']);
    const findings = JSON.parse(out) as Record<string, unknown> & {
      tool: unknown;
      sources: { name: string; rows: number; sha256: string; firstUs: number; bytes: number }[];
    };
    expect(Object.keys(findings)).toEqual(expect.arrayContaining(KEYS));
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(findings.tool).toEqual({ name: 'undertone', version });
    expect(findings.sources).toMatchObject([
      {
        name: 'logs/flow.log',
        format: 'vpc-flow',
        rows: 1,
        rejected: 0,
        bytes: FLOW.length,
        firstUs: 1418530010000000,
      },
      {
        name: 'logs/host/auth.log',
        format: 'syslog',
        rows: 1,
        firstUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000,
      },
    ]);
  });

  it('writes to a file, keeps what could be read, and names what could not', () => {
    const json = join(folder, 'out.json');
    const { status, out, err } = triage(
      '--json',
      json,
      join(folder, 'noise.bin'),
      join(folder, 'logs', 'flow.log'),
    );
    expect([status, out]).toEqual([0, '']);
    expect(err).toMatch(/^undertone: noise\.bin: [^\n]+\n$/);
    const findings = JSON.parse(readFileSync(json, 'utf8')) as { sources: unknown[]; failures: unknown[] };
    expect(findings.sources).toHaveLength(1);
    expect(findings.failures).toMatchObject([{ source: 'noise.bin' }]);
  });

  it('ends with 1 and one line when nothing could be read, with 2 and one line for unusable arguments', () => {
    for (const [words, status] of [
      [[join(folder, 'noise.bin')], 1],
      [['--bogus', 'x'], 2],
      [[join(folder, 'missing.log')], 2],
      [['--case', join(folder, 'noise.bin'), join(folder, 'logs')], 2],
    ] as const) {
      const result = triage(...words);
      expect([result.status, result.out]).toEqual([status, '']);
      expect(result.err).toMatch(/^undertone: [^\n]+\n$/);
    }
  });
});

describe('listFiles', () => {
  it('names files as the page would, and tells equal names apart by their paths', () => {
    const [flow, auth] = [join(folder, 'logs', 'flow.log'), join(folder, 'logs', 'host', 'auth.log')];
    const names = (...paths: string[]): string[] => {
      const listed = listFiles(paths);
      return listed.ok ? listed.value.map(({ name }) => name) : [listed.error.what];
    };
    expect(names(flow, flow)).toEqual(['flow.log']);
    expect(names(join(folder, 'logs'), auth)).toEqual(['logs/flow.log', 'logs/host/auth.log']);
    writeFileSync(join(folder, 'flow.log'), FLOW);
    expect(names(flow, join(folder, 'flow.log'))).toEqual([flow, join(folder, 'flow.log')]);
    expect(names('no/such')).toEqual(['there is no file no/such']);
  });
});
