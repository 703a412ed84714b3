import { greatest, least } from '../../src/lib/base/extremes';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../../src/lib/base/time';
import type { Opening } from './activities/control-plane';
import type { Deed } from './activities/quiet';
import type { IncidentPlan } from './incident';
import type { ErasureOrder } from './scenario';
import { loginPort, type World } from './world';

interface Intruder {
  readonly actor: string;
  readonly deeds: readonly Deed[];
}

/** What was taken out of hosts' login logs, or lost by a collector. */
export function drawErasures(
  world: World,
  plan: IncidentPlan,
  opening: Opening,
  quiet: readonly Intruder[],
): ErasureOrder[] {
  const draw = world.draw.fork('erasure');
  if (plan.erasure === 'none') return [];
  if (plan.erasure === 'outage') {
    const asset = world.assets.find((each) => each.logs.access?.heldOffAsset);
    if (!asset) return [];
    const fromUs = draw.uniform(opening.openedUs, opening.closedUs - 9 * MICROS_PER_HOUR);
    const toUs = fromUs + draw.uniform(5, 9) * MICROS_PER_HOUR;
    // The collector was away at true times; its lines bear those of the host's clock.
    const offsetUs = asset.clock.offsetSeconds * 1_000_000;
    return [
      {
        asset,
        log: 'access',
        fromUs,
        toUs,
        isErased: (line) => line.atUs - offsetUs >= fromUs && line.atUs - offsetUs < toUs,
      },
    ];
  }
  const entries = quiet.flatMap(({ actor, deeds }) =>
    deeds
      .filter(({ asset, port }) => port === loginPort(world.asset(asset)))
      .map((deed) => ({ actor, deed })),
  );
  const longest = [...entries].sort((a, b) => b.deed.endUs - b.deed.atUs - (a.deed.endUs - a.deed.atUs))[0];
  const asset = longest ? world.asset(longest.deed.asset) : draw.pick(world.members);
  // The eraser works by the host's clock.
  const offsetUs = asset.clock.offsetSeconds * 1_000_000;
  if (plan.erasure === 'actor') {
    if (!longest) return [];
    const gone = entries
      .filter(({ actor, deed }) => actor === longest.actor && deed.asset === asset.name)
      .map(({ deed }) => deed)
      .filter((deed) => deed.endUs - deed.atUs > 10 * MICROS_PER_MINUTE);
    const ids = new Set(gone.map((deed) => deed.conversation));
    return [
      {
        asset,
        log: 'auth',
        actor: longest.actor,
        fromUs: least(gone.map((deed) => deed.atUs)),
        toUs: greatest(gone.map((deed) => deed.endUs)),
        isErased: (line) => ids.has(line.conversation),
      },
    ];
  }
  const fromUs = longest
    ? longest.deed.atUs - 5 * MICROS_PER_MINUTE
    : draw.uniform(opening.openedUs + MICROS_PER_DAY, opening.closedUs - MICROS_PER_DAY);
  const toUs = plan.erasure === 'hour' ? fromUs + MICROS_PER_HOUR : world.toUs;
  return [
    {
      asset,
      log: 'auth',
      fromUs,
      toUs,
      isErased: (line) => line.atUs - offsetUs >= fromUs && line.atUs - offsetUs < toUs,
    },
  ];
}

/** Who read the most from a service with an audit log, and all lines of that log about it. */
export function eraseQueries(world: World, plan: IncidentPlan, quiet: readonly Intruder[]): ErasureOrder[] {
  if (!plan.erasesQueries) return [];
  const reads = quiet.flatMap(({ actor, deeds }) =>
    deeds
      .filter(({ asset: name, port, rung }) => {
        const asset = world.asset(name);
        return asset.logs.audit === true && port !== loginPort(asset) && rung >= 6;
      })
      .map((deed) => ({ actor, deed })),
  );
  const most = [...reads].sort((a, b) => b.deed.bytesToActor - a.deed.bytesToActor)[0];
  if (!most) return [];
  const gone = quiet
    .filter(({ actor }) => actor === most.actor)
    .flatMap(({ deeds }) => deeds)
    .filter(({ asset }) => asset === most.deed.asset);
  const ids = new Set(gone.map(({ conversation }) => conversation));
  return [
    {
      asset: world.asset(most.deed.asset),
      log: 'audit',
      actor: most.actor,
      fromUs: least(gone.map(({ atUs }) => atUs)),
      toUs: greatest(gone.map(({ endUs }) => endUs)),
      isErased: (line) => ids.has(line.conversation),
    },
  ];
}
