import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import type { RowQuery } from './evidence';
import { selectRows } from './row-query';

const T0 = at('2015-03-02T00:00:00Z');

const maker = new EvidenceMaker();
const flows = maker.source({ name: 'flows', format: 'vpc-flow' });
const auth = maker.source({ name: 'auth.log', format: 'syslog' });
const access = maker.source({ name: 'access.log', format: 'access-log', asset: 'web' });
const trail = maker.source({ name: 'trail.json', format: 'cloudtrail' });
const there = { srcAddr: '203.0.113.1', srcPort: 40000, dstAddr: '10.0.0.5', dstPort: 22 };
const back = { srcAddr: '10.0.0.5', srcPort: 22, dstAddr: '203.0.113.1', dstPort: 40000 };
flows.flow({ startUs: T0 + 20, ...there }).flow({ startUs: T0 + 10, ...back });
flows.flow({ startUs: T0 + 30, ...there, srcAddr: '203.0.113.2', dstPort: 23, verdict: VERDICT.reject });
flows.flow({ startUs: T0 + 40, ...there, dstAddr: '10.0.0.6' });
const line = { actorAddr: '203.0.113.1', host: 'web', service: 'sshd' };
auth.login({ timeUs: T0 + 1, ...line, user: 'root', outcome: LOGIN_OUTCOME.failure });
auth.login({ timeUs: T0 + 2, ...line, user: 'Admin', outcome: LOGIN_OUTCOME.success });
auth.login({
  timeUs: T0 + 3,
  ...line,
  actorAddr: '203.0.113.2',
  user: 'root',
  outcome: LOGIN_OUTCOME.failure,
});
auth.login({
  timeUs: T0 + 4,
  host: 'web',
  service: 'sudo',
  user: 'bob',
  became: 'operator',
  outcome: LOGIN_OUTCOME.privilege,
});
access.query({
  timeUs: T0 + 5,
  actorAddr: '203.0.113.2',
  service: 'http',
  object: '/secret',
  servicePort: 8080,
});
trail.change({
  timeUs: T0 + 7,
  principal: 'jonas',
  actorAddr: '203.0.113.2',
  portFrom: 20,
  portTo: 30,
  target: 'sg-1',
});
const evidence = maker.make();
const bench = groundOf(evidence, {
  ownNetworks: ['10.0.0.0/8'],
  assets: [{ name: 'web', aliases: ['10.0.0.5'] }],
});
const context = bench.ground;
const rows = (query: RowQuery): number[] => [...selectRows(evidence, context, query)];

describe('selectRows', () => {
  it('finds rows of either direction, in the order of time', () => {
    expect(rows({ table: 'flows', actor: '203.0.113.1', asset: 'web' })).toEqual([1, 0]);
    expect(rows({ table: 'flows', asset: '10.0.0.5' })).toEqual([1, 0, 2]);
  });

  it('takes the asset’s port, whichever column it stands in', () => {
    expect(rows({ table: 'flows', asset: 'web', port: 22 })).toEqual([1, 0]);
    expect(rows({ table: 'flows', port: 40000 })).toEqual([]);
    expect(rows({ table: 'logins', port: 22 })).toEqual([0, 1, 2]);
    expect(rows({ table: 'queries', port: 8080 })).toEqual([0]);
    expect(rows({ table: 'queries', port: 80 })).toEqual([]);
    expect(rows({ table: 'changes', port: 22 })).toEqual([0]);
  });

  it('takes a span of time without its end', () => {
    expect(rows({ table: 'logins', fromUs: T0 + 1, toUs: T0 + 3 })).toEqual([0, 1]);
  });

  it('takes users, values, sources, and sets of actors and assets', () => {
    expect(rows({ table: 'logins', user: 'root', where: { outcome: [LOGIN_OUTCOME.failure] } })).toEqual([
      0, 2,
    ]);
    expect(rows({ table: 'logins', user: 'nobody' })).toEqual([]);
    // As whom, too, an account acted.
    expect(rows({ table: 'logins', user: 'operator' })).toEqual([3]);
    expect(rows({ table: 'logins', actors: ['203.0.113.1', '203.0.113.2'] })).toEqual([0, 1, 2]);
    expect(rows({ table: 'logins', actors: [] })).toEqual([]);
    expect(rows({ table: 'flows', assets: ['web', '10.0.0.77'] })).toEqual([1, 0, 2]);
    expect(rows({ table: 'flows', assets: ['10.0.0.77'] })).toEqual([]);
    expect(rows({ table: 'flows', source: 1 })).toEqual([]);
    expect(rows({ table: 'changes', where: { nonsense: [1] } })).toEqual([]);
  });

  it('knows whose a file without host names is', () => {
    expect(rows({ table: 'queries', asset: 'web' })).toEqual([0]);
    expect(rows({ table: 'queries', asset: '10.0.0.6' })).toEqual([]);
  });

  it('finds text in any string or address, in either case', () => {
    expect(rows({ table: 'logins', text: 'ADMIN' })).toEqual([1]);
    expect(rows({ table: 'flows', text: '113.2' })).toEqual([2]);
    expect(rows({ table: 'queries', text: 'secret' })).toEqual([0]);
    expect(rows({ table: 'logins', text: 'absent' })).toEqual([]);
  });

  it('takes exact rows where a question cannot say it', () => {
    expect(rows({ table: 'logins', rows: [2, 0] })).toEqual([0, 2]);
  });
});
