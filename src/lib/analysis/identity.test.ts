import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';

const T0 = at('2015-03-02T10:00:00Z');

/** The log of a database that one application calls 400 times and the jump host with each of these accounts; `shared`: the accounts of the application. */
function callersOf(shared: readonly string[], others: readonly string[]): readonly string[] {
  const maker = new EvidenceMaker();
  const log = maker.source({ format: 'postgresql' });
  const ask = (i: number, actorAddr: string, principal: string): void => {
    const of = { timeUs: T0 + i * 1e6, host: 'db', service: 'postgresql', actorAddr, principal };
    log.query({ ...of, verb: QUERY_VERB.read, outcome: QUERY_OUTCOME.success });
  };
  for (let i = 0; i < 400; i++) ask(i, '10.0.5.20', shared[i % shared.length]!);
  others.forEach((principal, i) => ask(400 + i, '10.0.1.10', principal));
  return groundOf(maker.make(), {}).ground.actors.texts;
}

describe('who calls in a log that is nearly all one address', () => {
  it('is that address, where it calls in one name, whatever names few others bring', () => {
    expect([...callersOf(['app'], ['ann', 'bob', 'eve'])].sort()).toEqual(['10.0.1.10', '10.0.5.20']);
  });

  it('are the principals behind it, where it is a door that several go through', () => {
    expect(callersOf(['ann', 'bob', 'eve'], [])).toEqual(['ann', 'bob', 'eve']);
  });
});
