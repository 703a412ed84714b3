import type { Micros } from '../base/brand';
import { formatUtc } from '../base/time';
import { CHANGE_KIND, CHANGE_OUTCOME, nameOf } from '../tables/schemas';
import { rowIdOf } from '../tables/segment';
import type { Ground } from './context';
import type { AftermathFinding } from './findings';

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
  [CHANGE_KIND.policyChanged, 'a policy was changed'],
  [CHANGE_KIND.instanceChanged, 'an instance was changed'],
  [CHANGE_KIND.portOpened, 'a port was opened'],
  [CHANGE_KIND.serviceStopped, 'a service was stopped'],
  [CHANGE_KIND.commandRun, 'a command was run with another’s rights'],
]);
const CONCERN = [...WORDS.keys()];

/** Accounts, keys, services and logging that changed from the first opening on. Failed attempts are left out. */
export function findChanges(ground: Ground): AftermathFinding['changes'] {
  const openedUs = Math.min(Infinity, ...ground.exposure.map((window) => window.openedUs));
  const { strings } = ground.evidence.dictionaries;
  const found: { rank: number; finding: AftermathFinding['changes'][number] }[] = [];
  ground.evidence.tables.changes.segments.forEach((segment, segmentIndex) => {
    const { columns, length } = segment;
    for (let i = 0; i < length; i++) {
      const words = WORDS.get(columns.kind[i]);
      const atUs = columns.timeUs[i];
      if (words === undefined || columns.outcome[i] === CHANGE_OUTCOME.failure || !(atUs >= openedUs))
        continue;
      const principal = strings.text(columns.principal[i]);
      const target = strings.text(columns.target[i]);
      const by = principal === '' ? '' : ` by ${principal}`;
      found.push({
        rank: CONCERN.indexOf(columns.kind[i]),
        finding: {
          kind: nameOf(CHANGE_KIND, columns.kind[i]),
          atUs: atUs as Micros,
          principal,
          target,
          text: `${formatUtc(atUs)}: ${words}${by}${target === '' ? '' : ` (${target})`}.`,
          rows: { table: 'changes', rows: [rowIdOf(segmentIndex, i)] },
        },
      });
    }
  });
  // The most worrying kinds survive the cut; the list itself is in order of time.
  found.sort((a, b) => a.rank - b.rank || a.finding.atUs - b.finding.atUs);
  return found
    .slice(0, LISTED)
    .map((entry) => entry.finding)
    .sort((a, b) => a.atUs - b.atUs);
}
