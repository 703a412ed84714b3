import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordsAccounted } from '../../../../tests/support/robust';
import { headOf, parseWith } from '../../../../tests/support/parse';
import { encodeUtf8 } from '../../base/bytes';
import { ciscoAsa } from '../cisco-asa';
import { recognizeFormat } from '../registry';
import { csv } from '../csv';
import { syslogFile as syslog } from '../syslog';

const linesOf = (path: string): string[] => readFileSync(`tests/fixtures/${path}`, 'utf8').trim().split('\n');
const asa = linesOf('cisco-asa/asa.log');
const fortigate = linesOf('fortigate/fortigate.log');
const panos = linesOf('panos/panos.log');
const hosts = linesOf('syslog/auth.log');

/** The lines of all lists, taken in turn. */
function shuffled(...lists: readonly (readonly string[])[]): string {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) => lists.map((list) => list[i] ?? ''))
    .flat()
    .filter((line) => line !== '')
    .join('\n');
}

describe('a central syslog file', () => {
  const mixed = shuffled(hosts, asa, fortigate, panos);
  const counts = (text: string, settings = {}): Record<string, number> => {
    const parsed = parseWith(syslog, text, settings);
    return {
      flows: parsed.rows('flows').length,
      logins: parsed.rows('logins').length,
      changes: parsed.rows('changes').length,
      rejected: parsed.rejected.length,
    };
  };

  it('is read as syslog, and gives what each of its machines gives alone', () => {
    expect(recognizeFormat(headOf(encodeUtf8(mixed)))[0]?.format.id).toBe('syslog');
    const alone = [hosts, asa, fortigate, panos].map((lines) => counts(lines.join('\n')));
    const sum = (what: string): number => alone.reduce((all, count) => all + (count[what] ?? 0), 0);
    expect(counts(mixed)).toEqual({
      flows: sum('flows'),
      logins: sum('logins'),
      changes: sum('changes'),
      rejected: sum('rejected'),
    });
    expect(sum('flows')).toBeGreaterThan(30);
  });

  it('is read the same by the kernel and without it', () => {
    const long = Array.from({ length: 40 }, () => mixed).join('\n');
    expect(counts(long, { blockBytes: 1 << 20 })).toEqual(counts(long, { byLine: true }));
  });

  it('is no firewall’s own log as soon as hosts write to it, since their word is not held off them', () => {
    const best = (text: string): string | undefined =>
      recognizeFormat(headOf(encodeUtf8(text)))[0]?.format.id;
    expect(best(shuffled(asa, hosts.slice(0, 1)))).toBe('syslog');
    expect(best(shuffled(asa, fortigate))).toBe('cisco-asa');
  });

  it('is read as one whatever it was taken for', () => {
    const parsed = parseWith(ciscoAsa, mixed);
    expect(parsed.rows('logins').length).toBe(counts(mixed)['logins']);
    expect(parsed.rows('flows').length).toBe(counts(mixed)['flows']);
  });

  it('is read in one piece where connections are told of twice, and in parts where they are not', () => {
    const headerAfter = (text: string): string | undefined => {
      const bytes = encodeUtf8(text);
      let parser: ReturnType<typeof syslog.parser> | undefined;
      parseWith({ ...syslog, parser: (context) => (parser = syslog.parser(context)) }, bytes);
      return parser?.header?.();
    };
    expect(headerAfter(hosts.join('\n'))).toBe('');
    expect(
      headerAfter(
        shuffled(
          hosts,
          asa.filter((line) => line.includes('-106023')),
        ),
      ),
    ).toBe('');
    expect(headerAfter(mixed)).not.toBe('');
  });

  it('does not take programs whose names only look like one for a firewall', () => {
    const parsed = parseWith(
      syslog,
      'Mar 10 12:00:00 h1 3proxy[7]: date=1 devid=2\nMar 10 12:00:00 h1 a=b: hello\nMar 10 12:00:00 h1 %x: hello\n',
    );
    expect(parsed.rejected).toEqual([]);
    expect(parsed.skipped).toEqual({ 'program 3proxy': 1, 'program a=b': 1, 'program %x': 1 });
  });

  it('loses no line in the cells of a search’s export, where nothing can wait for the end of a file', () => {
    const cell = (line: string): string => `"${line.replaceAll('"', '""')}"`;
    const lines = [...hosts.slice(0, 10), ...asa, ...fortigate];
    const table = ['_time,_raw', ...lines.map((line, i) => `${i},${cell(line)}`)].join('\n');
    const parsed = parseWith(csv, table);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    const ofPort = (port: number) => parsed.rows('flows').filter((row) => row.srcPort === port);
    expect(ofPort(40001)).toMatchObject([{ dstBytes: 734003 }, { dstBytes: 731903 }]);
    expect(ofPort(40300)).toMatchObject([{ dstBytes: 20000 }]);
    expect(parsed.notes.join(' ')).toContain('Load the log itself');
  });
});
