import { describe, expect, it } from 'vitest';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../base/time';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { findContradictions } from './integrity';
import type { ContradictionFinding } from './findings';

const START = at('2015-02-20T00:00:00Z');
const SHIPPER = '10.0.0.9';
const READER = '198.51.100.7';

interface Talk {
  readonly actor: string;
  readonly minute: number;
  /** Payload to the actor. */
  readonly answered: number;
  /** Payload from the actor. */
  readonly asked?: number;
  readonly hasLine: boolean;
}

/** A store with its own log, a log shipper of ours that calls it every five minutes for two days, and whoever else is said to have come. */
function contradictionsWith(strangers: readonly Talk[]): readonly ContradictionFinding[] {
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'vpc-flow' });
  const audit = maker.source({ format: 'es-audit', heldOffAsset: false });
  const ours = Array.from({ length: 576 }, (_, k) => ({
    ...{ actor: SHIPPER, minute: 5 * k, answered: 600, hasLine: true },
  }));
  const talks: readonly Talk[] = [...ours, ...strangers];
  talks.forEach(({ actor, minute, answered, asked = 300, hasLine }, k) => {
    const startUs = START + minute * MICROS_PER_MINUTE;
    const times = { startUs, endUs: startUs + 20 * MICROS_PER_SECOND };
    const packets = Math.ceil(answered / 1400) + 4;
    flows.flow({
      ...{ ...times, srcAddr: actor, srcPort: 2000 + k, dstAddr: '10.0.0.5', dstPort: 9200 },
      // Without timestamps: a Windows client's acknowledgments are of 40 bytes.
      ...{ srcBytes: asked + 40 * packets, srcPackets: packets },
    });
    flows.flow({
      ...{ ...times, srcAddr: '10.0.0.5', srcPort: 9200, dstAddr: actor, dstPort: 2000 + k },
      ...{ srcBytes: answered + 60 * packets, srcPackets: packets },
    });
    if (!hasLine) return;
    audit.query({
      ...{ timeUs: startUs + 5 * MICROS_PER_SECOND, actorAddr: actor, host: '10.0.0.5', servicePort: 9200 },
      ...{ service: 'elasticsearch', verb: QUERY_VERB.read, object: 'logs', outcome: QUERY_OUTCOME.success },
    });
  });
  const parameters = { ownNetworks: ['10.0.0.0/8'], assets: [{ name: 'log-1', aliases: ['10.0.0.5'] }] };
  return findContradictions(groundOf(maker.make(), parameters).ground).contradictions;
}

function reads(hasLine: boolean): Talk[] {
  return [301, 904, 1702].map((minute) => ({
    ...{ actor: READER, minute, answered: 600_000, asked: 1500, hasLine },
  }));
}

describe('a service’s own log without the lines of the one stranger who read', () => {
  it('is held against what it has of our own clients', () => {
    const found = contradictionsWith(reads(false));
    expect(found).toMatchObject([
      {
        ...{ kind: 'missing query lines', asset: 'log-1', service: '9200/tcp', actor: READER },
        ...{ expected: 3, found: 0 },
      },
    ]);
    expect(found[0]?.p).toBeLessThan(1e-6);
    expect(found[0]?.text).toContain(
      'in sessions of our own clients and of strangers who were answered at length',
    );
  });

  it('is whole where the reader has its lines', () => {
    expect(contradictionsWith(reads(true))).toEqual([]);
  });

  it('need not tell of bots that sent what is no request and got a refusal', () => {
    const bots = Array.from({ length: 30 }, (_, k) => ({
      ...{ actor: `203.0.113.${k + 1}`, minute: 40 * k + 2, answered: 250, hasLine: false },
    }));
    expect(contradictionsWith([...bots, ...reads(true)])).toEqual([]);
    expect(contradictionsWith([...bots, ...reads(false)]).map(({ actor }) => actor)).toEqual([READER]);
  });

  it('need not tell of a burst of probes that were answered by less than any request', () => {
    const asks = Array.from({ length: 200 }, (_, k) => ({
      ...{ actor: `192.0.2.${(k % 200) + 1}`, minute: 14 * k + 1, answered: 750, hasLine: true },
    }));
    const probes = Array.from({ length: 6 }, (_, k) => ({
      ...{ actor: `203.0.113.${k + 1}`, minute: 1202 + 6 * k, answered: 120, hasLine: false },
    }));
    expect(contradictionsWith([...asks, ...probes])).toEqual([]);
    // As much as a request is answered by, and no line: that is one.
    const requests = probes.map((probe) => ({ ...probe, answered: 750 }));
    expect(contradictionsWith([...asks, ...requests])).toMatchObject([
      { actor: null, kind: 'missing query lines' },
    ]);
  });
});
