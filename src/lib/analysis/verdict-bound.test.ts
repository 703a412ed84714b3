import { describe, expect, it } from 'vitest';
import { MICROS_PER_MINUTE } from '../base/time';
import { at, EvidenceMaker } from '../../../tests/support/evidence';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { AnswerFinding } from './findings';
import type { CaseParameters } from './parameters';
import { analyze } from './run';

const OPENED = at('2015-02-20T00:00:00Z');
const CASE: CaseParameters = {
  ownNetworks: ['10.0.0.0/8'],
  assets: [{ name: 'log-1', aliases: ['10.0.0.5'] }],
  services: [{ asset: 'log-1', port: 9200, authRequired: true }],
  exposure: [{ asset: 'log-1', port: 9200, opened: '2015-02-20T00:00:00Z', closed: '2015-02-22T00:00:00Z' }],
  knownActors: [{ actor: '10.0.0.9', label: 'application' }],
};

/** Strangers are refused, beside a reader of ours every minute; the log is complete, unless `isHeldOff` is false. */
function answer(strangers: number, isHeldOff = true): AnswerFinding {
  const maker = new EvidenceMaker();
  const access = maker.source({ format: 'access-log', heldOffAsset: isHeldOff });
  const row = { host: 'log-1', service: 'elasticsearch', verb: QUERY_VERB.read };
  for (let minute = 0; minute < 2 * 1440; minute++) {
    const timeUs = OPENED + minute * MICROS_PER_MINUTE;
    access.query({ ...row, timeUs, actorAddr: '10.0.0.9', outcome: QUERY_OUTCOME.success, status: 200 });
    if (minute >= strangers) continue;
    const actorAddr = `203.0.113.${minute + 1}`;
    access.query({ ...row, timeUs: timeUs + 1e6, actorAddr, outcome: QUERY_OUTCOME.denied, status: 401 });
  }
  const [found] = analyze(maker.make(), CASE).answers;
  if (!found) throw new Error('no answer');
  return found;
}

const bounds = ({ why }: AnswerFinding): string[] =>
  why.map(({ text }) => text).filter((text) => text.includes('rule of three'));

describe('what nobody did of so many', () => {
  it('bounds the share by three in so many, and says what it does not bound', () => {
    const found = answer(60);
    expect(found.verdict).toBe('not queried within coverage');
    expect(bounds(found)).toEqual([
      'None of 60 undeclared callers read anything there: with 95 % confidence at most 5.0 % of such callers do (rule of three). It bounds callers like these, not one that is unlike them.',
    ]);
    expect(bounds(answer(150))[0]).toContain(
      'None of 150 undeclared callers read anything there: with 95 % confidence at most 2.0 %',
    );
  });

  it('says nothing without a caller, nor where it cannot be told whether one read', () => {
    expect(bounds(answer(0))).toEqual([]);
    const untold = answer(60, false);
    expect(untold.verdict).toBe('cannot tell');
    expect(bounds(untold)).toEqual([]);
  });
});
