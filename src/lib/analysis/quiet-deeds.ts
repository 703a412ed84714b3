import { CHANGE_KIND, CHANGE_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { MICROS_PER_DAY } from '../base/time';
import { plural } from '../base/units';
import { actorsOfChanges } from './account-sessions';
import { actorOfLogRow } from './actors';
import type { Ground, Standings } from './context';
import type { Bench } from './ground';
import type { Ladder } from './ladder';
import type { Thresholds } from './parameters';
import type { Visit } from './quiet-signs';
import { findReturns, type Return } from './returning';

/** Kinds of change that hide what was done, and those that let one in again. */
const HIDING: ReadonlySet<number> = new Set([CHANGE_KIND.loggingStopped, CHANGE_KIND.logDeleted]);
const MAKING: ReadonlySet<number> = new Set([
  CHANGE_KIND.userCreated,
  CHANGE_KIND.keyCreated,
  CHANGE_KIND.privilegeGranted,
]);

/** Successful changes of either sort by each actor, and requests that deleted what a service holds; index = ActorId. */
interface Tampering {
  readonly hidden: Uint32Array;
  readonly made: Uint32Array;
  readonly deleted: Uint32Array;
}

function findTampering(ground: Ground): Tampering {
  const hidden = new Uint32Array(ground.actors.count);
  const made = new Uint32Array(ground.actors.count);
  const actorOf = actorsOfChanges(ground.evidence, ground.assets, ground.actors, ground.thresholds);
  for (const segment of ground.evidence.tables.changes.segments) {
    const { columns, length } = segment;
    for (let i = 0; i < length; i++) {
      const kind = columns.kind[i];
      const counts = HIDING.has(kind) ? hidden : MAKING.has(kind) ? made : null;
      if (!counts || columns.outcome[i] === CHANGE_OUTCOME.failure) continue;
      const { actor } = actorOf(segment, i);
      if (actor !== -1) counts[actor] += 1;
    }
  }
  return { hidden, made, deleted: countDeletions(ground) };
}

/** On a server that keeps logs, who deletes data deletes traces. */
function countDeletions({ evidence, actors }: Ground): Uint32Array {
  const deleted = new Uint32Array(actors.count);
  for (const { columns, length } of evidence.tables.queries.segments) {
    for (let i = 0; i < length; i++) {
      if (columns.verb[i] !== QUERY_VERB.delete || columns.outcome[i] !== QUERY_OUTCOME.success) continue;
      const actor = actorOfLogRow(actors, columns.actorAddr[i], columns.principal[i]);
      if (actor !== -1) deleted[actor] += 1;
    }
  }
  return deleted;
}

/** What an actor did once it was in, or after what it had used was closed. */
export interface Deeds extends Tampering {
  readonly returns: ReadonlyMap<number, Return>;
}

type Limits = Pick<
  Thresholds,
  'returnedWeight' | 'sameNetworkWeight' | 'hidTracesWeight' | 'madeAccessWeight'
>;

export function findDeeds(ground: Ground, standings: Standings, ladder: Ladder): Deeds {
  return { ...findTampering(ground), returns: findReturns(ground, standings, ladder) };
}

export function visitDeeds(bench: Bench, deeds: Deeds, limits: Limits, actor: number, visit: Visit): void {
  visitReturn(bench, deeds, limits, actor, visit);
  visitTampering(bench, deeds, limits, actor, visit);
}

/** Coming back by another way once the first was closed. Which networks belong to one operator (AS number) is not known offline. */
function visitReturn(
  { ground, outside }: Bench,
  { returns }: Deeds,
  limits: Limits,
  actor: number,
  visit: Visit,
): void {
  const found = returns.get(actor);
  if (!found || outside[actor] === 0) return;
  const { atUs, via, table, sibling } = found;
  const isSame = sibling === '';
  const days = (ground.toUs - atUs) / MICROS_PER_DAY;
  visit(
    isSame ? 'returned' : 'same-network',
    days,
    isSame ? limits.returnedWeight : limits.sameNetworkWeight,
    () => ({
      text: isSame
        ? `it came back by ${via} after what it had used was closed`
        : `first seen after the exposure closed, let in by ${via}, from the network of ${sibling}`,
      rows: { table, actor: ground.actors.texts[actor], fromUs: atUs },
    }),
  );
}

/** Who stops logging, deletes what is held, or makes users, keys and rights. Admins do so too, so it is a reason to look, no more. */
function visitTampering({ ground }: Bench, deeds: Deeds, limits: Limits, actor: number, visit: Visit): void {
  const hidden = deeds.hidden[actor];
  const made = deeds.made[actor];
  const rows = { table: 'changes' as const, actor: ground.actors.texts[actor] };
  if (hidden > 0)
    visit('hid-traces', hidden, limits.hidTracesWeight, () => ({
      text: `stopped logging or deleted logs ${plural(hidden, 'time')}`,
      rows: { ...rows, where: { kind: [...HIDING] } },
    }));
  const deleted = deeds.deleted[actor];
  if (deleted > 0)
    visit('deleted-data', deleted, limits.hidTracesWeight, () => ({
      text: `deleted what the service holds ${plural(deleted, 'time')}`,
      rows: {
        table: 'queries',
        actor: rows.actor,
        where: { verb: [QUERY_VERB.delete], outcome: [QUERY_OUTCOME.success] },
      },
    }));
  if (made > 0)
    visit('made-access', made, limits.madeAccessWeight, () => ({
      text: `made users or keys or granted rights ${plural(made, 'time')}`,
      rows: { ...rows, where: { kind: [...MAKING] } },
    }));
}
