import { describe, expect, it } from 'vitest';
import { greatest, least } from '../../src/lib/base/extremes';
import { buildDemo } from './demo';

const demo = buildDemo();

function linesOf(name: string): string[] {
  return demo.files
    .find((file) => file.name === name)!
    .text.trimEnd()
    .split('\n');
}

const flows = demo.files
  .filter((file) => file.name.startsWith('vpc-flow'))
  .flatMap((file) => file.text.trimEnd().split('\n').slice(1))
  .map((line) => line.split(' '));
const OPENED_S = Date.UTC(2026, 1, 20, 9, 47, 12) / 1000;
const CLOSED_S = Date.UTC(2026, 2, 10, 16, 20, 5) / 1000;

describe('the logs of one scenario', () => {
  it('agree on client ports: every connection that sshd logs is a flow of that interface', () => {
    const seen = new Set(flows.filter((row) => row[6] === '22').map((row) => `${row[3]} ${row[4]}`));
    const missing = linesOf('log-2-auth.log').filter((line) => {
      const match = /(?:from|user \S+|by) (\S+) port (\d+)/.exec(line);
      return match !== null && !seen.has(`${match[1]} ${match[2]}`);
    });
    expect(missing).toEqual([]);
  });

  it('agree on times, but for the host clock: log-4 is 185 s slow', () => {
    const starts = new Map(
      flows.filter((row) => row[5] === '10.20.3.14').map((row) => [`${row[3]} ${row[4]}`, Number(row[11])]),
    );
    const offsets: number[] = [];
    for (const line of linesOf('log-4-auth.log')) {
      const match = /^(\w{3}) +(\d+) (\S+) .*Invalid user \S+ from (\S+) port (\d+)/.exec(line);
      const start = match && starts.get(`${match[4]} ${match[5]}`);
      if (!match || start === undefined || start === null) continue;
      offsets.push(Date.parse(`${match[2]} ${match[1]} 2026 ${match[3]} UTC`) / 1000 - start);
    }
    offsets.sort((a, b) => a - b);
    expect(offsets.length).toBeGreaterThan(100);
    // A name is refused about a second after the connection began.
    expect(offsets[Math.floor(offsets.length / 2)]! + 185).toBeGreaterThanOrEqual(0);
    expect(offsets[Math.floor(offsets.length / 2)]! + 185).toBeLessThanOrEqual(2);
  });

  it('let strangers in only while the group was open', () => {
    const strangers = flows.filter((row) => /^(24\d|250|198\.1[89])\./.test(row[3]!) && row[13] === 'ACCEPT');
    expect(strangers.length).toBeGreaterThan(10_000);
    // A conversation that began before the closing may end after it.
    const begun = strangers.filter((row) => (Number(row[8]) & 2) === 2).map((row) => Number(row[11]));
    expect(least(begun)).toBeGreaterThanOrEqual(OPENED_S);
    expect(greatest(begun)).toBeLessThan(CLOSED_S);
    expect(least(begun) - OPENED_S).toBeLessThan(600);
    expect(CLOSED_S - greatest(begun)).toBeLessThan(600);
  });

  it('keep each row within one aggregation window, and NODATA to interfaces that were silent', () => {
    expect(flows.every((row) => Number(row[12]) - Number(row[11]) < 600)).toBe(true);
    expect(flows.filter((row) => row[14] === 'NODATA').length).toBeGreaterThan(100);
  });

  it('print sshd lines in the order of the host clock, a verdict never after the farewell', () => {
    const lines = linesOf('log-2-auth.log');
    const gone = new Set<string>();
    const late: string[] = [];
    for (const line of lines) {
      const process = /sshd\[(\d+)\]/.exec(line)?.[1];
      if (!process) continue;
      if (/Disconnected from|Connection closed/.test(line)) gone.add(process);
      else if (/Failed password/.test(line) && gone.has(process)) late.push(line);
    }
    expect(late).toEqual([]);
  });

  it('leave no line of the trimmed sessions, and keep the two short ones', () => {
    const accepted = linesOf('log-3-auth.log').filter((line) =>
      line.includes('Accepted publickey for deploy from 203.0.113.77'),
    );
    expect(accepted).toHaveLength(2);
    const ports = new Set(
      flows.filter((row) => row[3] === '203.0.113.77' && row[6] === '22').map((row) => row[4]),
    );
    expect(ports.size).toBe(5);
  });
});
