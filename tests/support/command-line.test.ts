import { describe, expect, it } from 'vitest';
import { ACCURACY_RULES } from '../accuracy/options';
import { BENCH_RULES, ROWS } from '../bench/options';
import { readOptions, usageOf } from './command-line';

function complaintOf(rules: Parameters<typeof readOptions>[0], ...words: string[]): string {
  const read = readOptions(rules, words);
  return read.ok ? '' : read.error.what;
}

describe('a command that runs for minutes', () => {
  it('is not begun by a mistyped option or name, and says what there is instead', () => {
    expect(complaintOf(BENCH_RULES, '--onyl', 'vpc')).toMatch(/--onyl.*--only, --rows, --rounds, --help/);
    expect(complaintOf(BENCH_RULES, '--only', 'vpc,vcp')).toMatch(/ vcp; there are vpc, sshd, .*tab/);
    expect(complaintOf(BENCH_RULES, '--only')).toBe('--only needs NAME,…');
    expect(complaintOf(BENCH_RULES, '--only', '--rows', '5')).toContain('--rows');
    expect(complaintOf(BENCH_RULES, '--rows', '2e6')).toContain('2e6');
    expect(complaintOf(BENCH_RULES, '--rounds=0')).toContain('at least 1');
    expect(complaintOf(BENCH_RULES, 'vpc')).toContain('vpc');
    expect(complaintOf(BENCH_RULES, '--constructor', '1')).toContain('--constructor');
    expect(complaintOf(ACCURACY_RULES, '--only', 'tuned')).toMatch(/tuned; there are tuning, held-back, all/);
    expect(complaintOf(ACCURACY_RULES, '--only', 'tuning,all')).toContain('there are tuning');
    expect(complaintOf(ACCURACY_RULES, '--logins', 'syslog,windos')).toMatch(/ windos; .* windows/);
    expect(complaintOf(ACCURACY_RULES, '--seeds', '9-3')).toContain('9-3');
    expect(complaintOf(ACCURACY_RULES, '--quick=yes')).toContain('takes no value');
    expect(complaintOf(ACCURACY_RULES, '--seeds', '1-3', '--seeds', '4-6')).toContain('twice');
  });

  it('is given what was asked for', () => {
    const bench = readOptions(BENCH_RULES, ['--only', 'vpc,small', '--rounds=5']);
    expect(bench).toEqual({ ok: true, value: { only: 'vpc,small', rounds: '5' } });
    const accuracy = readOptions(ACCURACY_RULES, ['--quick', '--seeds', '1-30', '--noise', '0,1000']);
    expect(accuracy).toEqual({ ok: true, value: { quick: '', seeds: '1-30', noise: '0,1000' } });
  });

  it('only tells its options when asked to, whatever else stands there', () => {
    for (const word of ['--help', '-h'])
      expect(readOptions(BENCH_RULES, ['--onyl', word])).toEqual({ ok: true, value: { help: '' } });
    const usage = usageOf('bench', BENCH_RULES);
    for (const name of [...Object.keys(ROWS), 'engine', '--rows N', '--help']) expect(usage).toContain(name);
  });
});
