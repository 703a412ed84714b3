import { least } from '../base/extremes';
import type { Micros } from '../base/brand';
import { formatUtc } from '../base/time';
import { formatCount } from '../base/units';
import { CHANGE_KIND, CHANGE_OUTCOME, nameOf } from '../tables/schemas';
import { rowIdOf } from '../tables/segment';
import { actorsOfChanges, type Behind } from './account-sessions';
import type { Ground } from './context';
import type { AftermathFinding } from './findings';
import type { Ladder } from './ladder';

const LISTED = 300;

/** Changes that outlive an intruder or hide one, and what each is in words. The order is the order of concern. */
const WORDS: ReadonlyMap<number, string> = new Map([
  [CHANGE_KIND.loggingStopped, 'logging was stopped'],
  [CHANGE_KIND.logDeleted, 'a log was deleted'],
  [CHANGE_KIND.userCreated, 'a user was created'],
  [CHANGE_KIND.keyCreated, 'a key was created'],
  [CHANGE_KIND.privilegeGranted, 'a privilege was granted'],
  [CHANGE_KIND.credentialChanged, 'a credential was changed'],
  [CHANGE_KIND.serviceCreated, 'a service or task was created'],
  [CHANGE_KIND.copyShared, 'a copy was shared'],
  [CHANGE_KIND.publicGranted, 'something was opened to the public'],
  [CHANGE_KIND.publicUnblocked, 'a block of public access was lifted'],
  [CHANGE_KIND.policyChanged, 'a policy was changed'],
  [CHANGE_KIND.publicRevoked, 'a policy was changed'],
  [CHANGE_KIND.publicBlocked, 'public access was blocked'],
  [CHANGE_KIND.instanceChanged, 'an instance was changed'],
  [CHANGE_KIND.portOpened, 'a port was opened'],
  [CHANGE_KIND.serviceStopped, 'a service was stopped'],
  [CHANGE_KIND.commandRun, 'a command was run with another’s rights'],
]);
const CONCERN = [...WORDS.keys()];

interface Group {
  readonly kind: number;
  readonly principal: number;
  readonly target: number;
  readonly behind: Behind | null;
  readonly isAfter: boolean;
  readonly rows: number[];
  count: number;
  firstUs: number;
  lastUs: number;
}

/** Rows kept as the receipt of one group, at most. */
const ROWS_KEPT = 100;

/**
 * Accounts, keys, services and logging that changed, alike ones (kind, principal, target) in one line: those from the first sign of access or
 * the first closing on, whichever came earlier, which are the aftermath; and those before it while something was exposed, marked as such,
 * since who got in unseen may have made them. Failed attempts are left out. The most worrying kinds survive the cut; the list itself is in order of time.
 */
export function findChanges(ground: Ground, ladder: Ladder): AftermathFinding['changes'] {
  return [...groupsOf(ground, afterUs(ground, ladder)).values()]
    .sort((a, b) => CONCERN.indexOf(a.kind) - CONCERN.indexOf(b.kind) || a.firstUs - b.firstUs)
    .slice(0, LISTED)
    .sort((a, b) => a.firstUs - b.firstUs)
    .map((group) => findingOf(ground, group));
}

/** The first moment at which a stranger may have had rights on an exposed machine, or at which one was closed; Infinity: neither is seen. */
function afterUs({ exposure }: Ground, { book }: Ladder): number {
  const moments = exposure.flatMap(({ asset, closedUs }) => [closedUs, book.privilegedFrom(asset)]);
  return least(moments);
}

function groupsOf(ground: Ground, startUs: number): Map<string, Group> {
  // Without a port that was opened, what a cloud's log shows is all that there is to look at.
  const windows = ground.exposure.length > 0 ? ground.exposure : ground.cloud;
  const openedUs = least(windows.map((window) => window.openedUs));
  const groups = new Map<string, Group>();
  const actorOf = actorsOfChanges(ground.evidence, ground.assets, ground.actors, ground.thresholds);
  ground.evidence.tables.changes.segments.forEach((segment, segmentIndex) => {
    const { columns, length } = segment;
    for (let i = 0; i < length; i++) {
      const atUs = columns.timeUs[i];
      const kind = columns.kind[i];
      if (!WORDS.has(kind) || columns.outcome[i] === CHANGE_OUTCOME.failure || !(atUs >= openedUs)) continue;
      const [principal, target] = [columns.principal[i], columns.target[i]];
      // In a cloud every caller holds a credential: there is no time before the first sign of access.
      const isAfter = atUs >= startUs || ground.exposure.length === 0;
      const { actor, behind } = actorOf(segment, i);
      const key = `${kind} ${principal} ${target} ${isAfter} ${behind === null ? '' : `${actor} ${behind.account}`}`;
      let group = groups.get(key);
      if (!group) {
        group = { kind, principal, target, behind, isAfter, rows: [], count: 0, firstUs: atUs, lastUs: atUs };
        groups.set(key, group);
      }
      group.count += 1;
      group.firstUs = Math.min(group.firstUs, atUs);
      group.lastUs = Math.max(group.lastUs, atUs);
      if (group.rows.length < ROWS_KEPT) group.rows.push(rowIdOf(segmentIndex, i));
    }
  });
  return groups;
}

function findingOf(ground: Ground, group: Group): AftermathFinding['changes'][number] {
  const { strings } = ground.evidence.dictionaries;
  const principal = strings.text(group.principal);
  const target = strings.text(group.target);
  const { behind } = group;
  const actor = behind === null ? '' : (ground.actors.texts[behind.actor] ?? '');
  const by = byWords(principal, behind, strings.text(behind?.account ?? 0), actor);
  const often =
    group.count === 1 ? '' : `, ${formatCount(group.count)} times until ${formatUtc(group.lastUs)}`;
  const words = WORDS.get(group.kind) ?? '';
  return {
    kind: nameOf(CHANGE_KIND, group.kind),
    atUs: group.firstUs as Micros,
    principal,
    ...(behind !== null && { actor }),
    target,
    isAfter: group.isAfter,
    count: group.count,
    lastUs: group.lastUs as Micros,
    text: `${formatUtc(group.firstUs)}: ${words}${by}${target === '' ? '' : ` (${target})`}${often}${group.isAfter ? '' : ', while exposed and before any sign of access'}.`,
    rows: { table: 'changes', rows: group.rows },
  };
}

/** By whom, and what a machine's own log leaves out: from where that account was in, when nobody else was. */
function byWords(principal: string, behind: Behind | null, account: string, actor: string): string {
  const by = principal === '' ? '' : ` by ${principal}`;
  if (behind === null) return by;
  if (behind.hasBecome)
    return `${by} while ${account}, in from ${actor}, alone was ${principal || 'root'} there`;
  return principal === '' ? ` while root was in from ${actor} alone` : `${by}, in from ${actor}`;
}
