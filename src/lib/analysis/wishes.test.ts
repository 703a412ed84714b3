import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf, standingsOf } from '../../../tests/support/evidence';
import { findCoverage } from './coverage';
import type { AnswerFinding } from './findings';
import { climbLadder } from './ladder';
import { decideVerdicts } from './verdict';
import { logWords } from './wishes';

/** The answer for a machine of which only a flow log tells: a stranger and its `port` exchanged data. */
function answerFor(asset: string, port: number): AnswerFinding {
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'vpc-flow' });
  const startUs = '2015-02-20T10:00:00Z';
  const ends = { startUs, endUs: at(startUs) + 30e6, srcBytes: 3000, srcPackets: 10 };
  flows.flow({ ...ends, srcAddr: '203.0.113.9', srcPort: 40_000, dstAddr: '10.0.0.5', dstPort: port });
  flows.flow({ ...ends, srcAddr: '10.0.0.5', srcPort: port, dstAddr: '203.0.113.9', dstPort: 40_000 });
  const bench = groundOf(maker.make(), {
    ownNetworks: ['10.0.0.0/8'],
    assets: [{ name: asset, aliases: ['10.0.0.5'] }],
    exposure: [{ asset, port, opened: '2015-02-20T00:00:00Z', closed: '2015-02-21T00:00:00Z' }],
  });
  const standings = standingsOf(bench);
  const coverage = findCoverage(bench.ground);
  const ladder = climbLadder(bench.ground, standings, coverage);
  return decideVerdicts(bench.ground, standings, ladder, coverage).answers[0]!;
}

describe('what evidence would settle a verdict', () => {
  it('is handed over in parts that name no machine, even one that is called like a word of them', () => {
    const { missing, wishes } = answerFor('log', 9200);
    expect(missing).toEqual([
      'An access or audit log of log 9200/tcp (Elasticsearch) that was kept off log (2015-02-20, UTC).',
    ]);
    expect(wishes).toEqual([
      {
        act: 'get',
        what: 'an access or audit log of 9200/tcp (Elasticsearch) that was kept off the host',
        why: 'no loaded log could have shown a read',
      },
    ]);
  });

  it('names a loaded log shortly, without what its format holds', () => {
    expect(logWords('Syslog (sshd, sudo, su, accounts, kernel)')).toBe('syslog');
    expect(logWords('Web server access log (Apache, nginx: common, combined), AWS VPC flow log')).toBe(
      'web server access log, AWS VPC flow log',
    );
  });

  it('is of a shell or a desktop what shows what ran there: neither writes a log of requests', () => {
    expect(answerFor('log-3', 22).missing.join()).toMatch(
      /^A record of what was done over log-3 22\/tcp \(SSH\) \(auditd, a session recording, shell history\) that was kept off log-3/,
    );
    expect(answerFor('web-1', 3389).missing.join()).toMatch(/Windows Security events, Sysmon/);
  });
});
