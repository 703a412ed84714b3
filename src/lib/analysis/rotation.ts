import { plural } from '../base/units';
import { KIND, sightCredentials, type Sighting } from './credential-sightings';
import type { Ground } from './context';
import type { Coverage } from './coverage';
import { isIndependent, ceilingFor } from './coverage-families';
import { RUNGS, type AnswerFinding, type RotationFinding, type Rung } from './findings';
import type { Ladder } from './ladder';
import { hintOf, markOf, saltOf } from './secrets';

/** What strangers reached on one asset, over all its services. */
interface Reach {
  readonly observed: Rung;
  readonly inferred: Rung;
  readonly isExposed: boolean;
  /** Every exposed service of it was `not queried within coverage`. */
  readonly isCleared: boolean;
}

const NEVER: Reach = { observed: -1, inferred: -1, isExposed: false, isCleared: false };
const LISTED = 1_000;
const ORDER = { must: 0, should: 1, 'no evidence': 2 } as const;

/** What one place says of a credential that was seen there. */
interface Advice {
  readonly advice: RotationFinding['advice'];
  readonly reason: string;
  readonly rung: Rung;
  readonly sighting: Sighting;
}

/**
 * Which credentials to change (ANALYSIS 11): each one seen in the logs × where it lay × the rung reached there; the worst of its places
 * speaks for it. `answers` are the verdicts of decideVerdicts; without them an asset counts as cleared only where logs out of reach could
 * have shown a read all along. What cannot be told counts as `should`.
 */
export function planRotation(
  ground: Ground,
  ladder: Ladder,
  coverage: Coverage,
  answers?: readonly AnswerFinding[],
): RotationFinding[] {
  const salt = saltOf(ground.evidence.sources, ground.thresholds.seed);
  const reaches = reachOf(ground, ladder, coverage, answers);
  const byCredential = new Map<string, Advice[]>();
  for (const sighting of sightCredentials(ground, ladder.book.isStranger)) {
    const key = `${sighting.kind}\n${sighting.value}`;
    const reach = reaches.get(sighting.asset) ?? NEVER;
    const asset = sighting.asset === -1 ? '' : (ground.assets.names[sighting.asset] ?? '');
    const rung = reach.observed >= reach.inferred ? reach.observed : reach.inferred;
    byCredential.set(key, [
      ...(byCredential.get(key) ?? []),
      { ...advise(sighting, reach, asset), rung, sighting },
    ]);
  }
  return [...byCredential.values()]
    .map((places) => finding(ground, places.sort(byUrgency), salt))
    .sort((a, b) => ORDER[a.advice] - ORDER[b.advice] || b.rung - a.rung || a.kind.localeCompare(b.kind))
    .slice(0, LISTED);
}

function byUrgency(a: Advice, b: Advice): number {
  return ORDER[a.advice] - ORDER[b.advice] || b.rung - a.rung || a.sighting.firstUs - b.sighting.firstUs;
}

function reachOf(
  ground: Ground,
  ladder: Ladder,
  coverage: Coverage,
  answers: readonly AnswerFinding[] | undefined,
): Map<number, Reach> {
  const { book } = ladder;
  const reaches = new Map<number, Reach>();
  const cleared = clearedAssets(ground, coverage, answers);
  for (const window of ground.exposure)
    reaches.set(window.asset, { ...NEVER, isExposed: true, isCleared: cleared.has(window.asset) });
  const observed = new Int8Array(ground.assets.count).fill(-1);
  const inferred = new Int8Array(ground.assets.count).fill(-1);
  for (let pair = 0; pair < book.pairs.size; pair++) {
    const asset = book.services.assetOf(book.pairs.second[pair]);
    if (asset === -1 || book.isStranger[book.pairs.first[pair]] !== 1) continue;
    const reached = book.reached(pair);
    if (reached.observed > observed[asset]) observed[asset] = reached.observed;
    if (reached.inferred > inferred[asset]) inferred[asset] = reached.inferred;
  }
  for (let asset = 0; asset < observed.length; asset++) {
    const known = reaches.get(asset) ?? NEVER;
    reaches.set(asset, { ...known, observed: observed[asset] as Rung, inferred: inferred[asset] as Rung });
  }
  return reaches;
}

function clearedAssets(
  ground: Ground,
  coverage: Coverage,
  answers: readonly AnswerFinding[] | undefined,
): Set<number> {
  const cleared = new Set<number>();
  const doubtful = new Set<number>();
  const unclear = new Set(
    answers?.filter(({ verdict }) => verdict !== 'not queried within coverage').map(({ asset }) => asset),
  );
  for (const window of ground.exposure) {
    const isClear = answers
      ? !unclear.has(ground.assets.names[window.asset])
      : coverage
          .familiesOf(window.asset)
          .some(
            (family) =>
              isIndependent(family) &&
              ceilingFor(family, window.port) >= 6 &&
              !family.holes.some((hole) => hole.isQuiet !== true),
          );
    (isClear ? cleared : doubtful).add(window.asset);
  }
  for (const asset of doubtful) cleared.delete(asset);
  return cleared;
}

/** Places spelled out in one finding; the rest is counted. */
const PLACES = 3;

function finding(ground: Ground, places: readonly Advice[], salt: string): RotationFinding {
  const [{ advice, reason, rung, sighting }] = places;
  // A password that nobody saw is known by whose it is; there are no last characters to show.
  const isNamedOnly = isRead(sighting) || (sighting.where === 'a login' && sighting.kind === 'password');
  const spelled = places.slice(0, PLACES).map((place) => placeText(ground, place.sighting));
  const more = places.length - spelled.length;
  return {
    kind: sighting.kind,
    hint: isNamedOnly ? '' : hintOf(sighting.value),
    hash: markOf(sighting.value, salt),
    holder: isRead(sighting) ? sighting.value : sighting.holder,
    asset: sighting.asset === -1 ? '' : (ground.assets.names[sighting.asset] ?? ''),
    where: spelled.join('; ') + (more > 0 ? `; ${plural(more, 'more place')}` : ''),
    advice,
    rung,
    reason,
    rows: places.slice(0, PLACES).map((place) => place.sighting.example),
  };
}

/** Whether what was seen is the reading of it, by its name, not the credential itself. */
function isRead({ kind }: Sighting): boolean {
  return kind === KIND.file || kind === KIND.stored;
}

function placeText(ground: Ground, sighting: Sighting): string {
  const source = ground.evidence.sources.find((info) => info.id === sighting.source);
  return `${sighting.where} in ${source?.name ?? 'a log'} (${plural(sighting.rows, 'row')})`;
}

function rungText(rung: Rung): string {
  return `rung ${rung} (${(RUNGS as readonly string[])[rung] ?? 'nothing'})`;
}

function advise(
  sighting: Sighting,
  reach: Reach,
  asset: string,
): { advice: RotationFinding['advice']; reason: string } {
  if (sighting.usedBy !== '')
    return {
      advice: 'must',
      reason: `${sighting.usedBy}, who is not known to be yours, ${isRead(sighting) ? 'read it' : 'used it and was let in'}.`,
    };
  if (sighting.kind === 'SSH key')
    return {
      advice: 'no evidence',
      reason:
        'Logging in with a key does not hand it to the host; only a forwarded agent would have lent it to whoever held the host.',
    };
  if (/^(?:AWS (?:access|temporary)|access) key$/.test(sighting.kind) && sighting.asset === -1)
    return { advice: 'no evidence', reason: 'Used only by callers that no evidence speaks against.' };
  if (sighting.kind === KIND.stored && sighting.asset === -1)
    return { advice: 'no evidence', reason: 'Read only by callers that no evidence speaks against.' };
  if (reach.observed >= 6)
    return {
      advice: 'must',
      reason: `It lay on ${asset}, where a stranger reached ${rungText(reach.observed)}.`,
    };
  if (reach.observed >= 5 && reach.inferred >= 7)
    return {
      advice: 'must',
      reason: `It lay on ${asset}, where a stranger logged in and, by the sizes of its sessions, reached ${rungText(reach.inferred)}.`,
    };
  if (reach.observed >= 5)
    return {
      advice: 'must',
      reason: `It lay on ${asset}, where a stranger got in: ${rungText(reach.observed)}.`,
    };
  if (reach.isExposed && !reach.isCleared)
    return {
      advice: 'should',
      reason: `It lay on ${asset} while that was exposed, and the loaded logs cannot rule out that it was read.`,
    };
  if (reach.inferred >= 5)
    return {
      advice: 'should',
      reason: `It lay on ${asset}, where a stranger may have reached ${rungText(reach.inferred)}.`,
    };
  if (reach.isCleared)
    return {
      advice: 'no evidence',
      reason: `It lay on ${asset}, whose exposed services were not queried within the coverage of the loaded logs.`,
    };
  return {
    advice: 'no evidence',
    reason:
      asset === ''
        ? 'It lay on no exposed asset that is known.'
        : `${asset} is not known to have been exposed.`,
  };
}
