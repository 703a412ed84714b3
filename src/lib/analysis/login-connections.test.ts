import { describe, expect, it } from 'vitest';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { foldConnections } from './login-connections';

type Line = readonly [time: string, outcome: number, process: number];

/** The connections that one host's lines about one client endpoint fold into. */
function fold(lines: readonly Line[]): number {
  const maker = new EvidenceMaker();
  const sshd = maker.source({ format: 'syslog' });
  for (const [time, outcome, process] of lines)
    sshd.login({
      timeUs: `2015-02-20T${time}Z`,
      actorAddr: '198.51.100.7',
      actorPort: 50_000,
      host: 'web7',
      service: 'sshd',
      user: 'root',
      outcome,
      process,
    });
  return foldConnections(groundOf(maker.make(), {}).ground).count;
}

const { failure, success, disconnect } = LOGIN_OUTCOME;

describe('foldConnections', () => {
  it('holds the lines of one connection together', () => {
    expect(
      fold([
        ['10:00:00', failure, 100],
        ['10:00:04', failure, 100],
        ['10:00:05', disconnect, 100],
      ]),
    ).toBe(1);
  });

  it('tells a port that is used again within the hour from the connection before', () => {
    expect(
      fold([
        ['10:00:00', failure, 100],
        ['10:00:01', disconnect, 100],
        ['10:40:00', failure, 180],
        ['10:40:01', disconnect, 180],
      ]),
    ).toBe(2);
  });

  it('takes the farewell that another process prints as the same connection’s', () => {
    // sshd's child says good-bye for a session that its parent accepted.
    expect(
      fold([
        ['10:00:00', success, 100],
        ['10:30:00', disconnect, 140],
        ['10:30:00', disconnect, 140],
      ]),
    ).toBe(1);
  });

  it('keeps a session of nine hours in one', () => {
    expect(
      fold([
        ['08:00:00', success, 100],
        ['17:00:00', disconnect, 100],
      ]),
    ).toBe(1);
  });
});
