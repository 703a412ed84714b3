import { formatCount, plural } from '../base/units';
import type { Caveat, ControlGroup } from './findings';
import type { Bench } from './ground';
import type { Noise } from './noise';

/** What each cell cannot say with what is loaded, and what it would need. */
export function caveatsOf(
  bench: Bench,
  noise: Noise,
  groups: readonly ControlGroup[],
  leftOut: number,
): Caveat[] {
  const caveats: Caveat[] = [...bench.exposure.caveats];
  const say = (cell: string, text: string): void => void caveats.push({ cell, text });
  const { flows, logins, queries, changes } = bench.ground.evidence.tables;
  const hasFlows = flows.rowCount > 0;
  const hasLogins = logins.rowCount > 0;
  const hasQueries = queries.rowCount > 0;
  const hasChanges = changes.rowCount > 0;
  if (!hasFlows && !hasLogins && !hasQueries && !hasChanges) return sayAllMissing(caveats);
  if (!hasFlows) {
    say(
      'exposure',
      'No flow logs are loaded: when a port became reachable, and by whom it was reached, cannot be seen in traffic.',
    );
    say('noise', 'No flow logs are loaded: scanning that never reached a login or a request is not seen.');
    say(
      'quiet',
      'No flow logs are loaded: sizes and durations cannot be held against those of failed attempts.',
    );
    say(
      'integrity',
      'No flow logs are loaded: the host logs have nothing independent to be held against, so erased lines cannot be found.',
    );
    say('aftermath', 'No flow logs are loaded: new outbound destinations and beacons cannot be seen.');
    say('decoy', 'No flow logs are loaded: noise is what the host logs show of it.');
  } else
    say(
      'aftermath',
      'Which networks belong to one operator (AS number) cannot be looked up offline: a return is known by the same address or the same /24 (IPv6: /48) alone.',
    );
  if (!hasLogins) {
    say('noise', 'No login logs are loaded: guessing of passwords is not seen.');
    say('ladder', 'No login logs are loaded: who was authenticated is not seen.');
    say('integrity', 'No login logs are loaded: flows cannot be held against what the hosts say.');
  }
  if (!hasQueries) {
    say(
      'ladder',
      'No access, audit or query logs are loaded: whether data was read can only be inferred, never seen.',
    );
    say('quiet', 'No access, audit or query logs are loaded: what quiet actors asked for is not seen.');
  }
  if (!hasChanges) {
    say(
      'exposure',
      'No control-plane log (such as CloudTrail) is loaded: no change that opened or closed a port can be shown.',
    );
    say('aftermath', 'No control-plane log is loaded: new users, keys and stopped logging are not seen.');
  }
  if (bench.exposure.findings.length === 0)
    say(
      'exposure',
      'No service was found exposed. Load flow logs or a control-plane log of the time, or set the exposure by hand.',
    );
  const unusable = groups.filter((group) => !group.isUsable);
  if (unusable.length > 0)
    say(
      'quiet',
      `No p-values for ${plural(unusable.length, 'service')}: fewer than ${formatCount(bench.ground.thresholds.controlSessions)} noise actors to compare with (${unusable
        .slice(0, 5)
        .map((group) => `${group.asset ?? 'several assets'} ${group.service}`)
        .join(', ')}${unusable.length > 5 ? ', …' : ''}).`,
    );
  if (hasLogins && noise.distributed.reason !== '')
    say('noise', `No test for distributed guessing: ${noise.distributed.reason}.`);
  sayLeftOut(bench, say);
  if (leftOut > 0)
    say('noise', `${plural(leftOut, 'more noise actor')} counted and drawn, but not listed one by one.`);
  return caveats;
}

function sayLeftOut(bench: Bench, say: (cell: string, text: string) => void): void {
  const { leftOut, toldAgain } = bench.base.stitched;
  if (toldAgain > 0)
    say(
      'evidence',
      `${plural(toldAgain, 'conversation')} of one kind of flow log ${toldAgain === 1 ? 'is' : 'are'} also told of by another kind; each counts once, where most of its bytes are told. The rows of both are kept.`,
    );
  if (leftOut.skipData > 0)
    say(
      'evidence',
      `${plural(leftOut.skipData, 'flow row')} ${leftOut.skipData === 1 ? 'says' : 'say'} that records were lost (SKIPDATA): what happened then is not known.`,
    );
  if (leftOut.noTime > 0)
    say('evidence', `${plural(leftOut.noTime, 'flow row')} without a time count in no session.`);
  if (leftOut.noAddress > 0)
    say('evidence', `${plural(leftOut.noAddress, 'flow row')} without both addresses count in no session.`);
  if (leftOut.nobody > 0)
    say(
      'evidence',
      `${plural(leftOut.nobody, 'flow row')} to or from multicast and broadcast addresses count in no session.`,
    );
  if (leftOut.seenTwice > 0)
    say(
      'evidence',
      `${plural(leftOut.seenTwice, 'flow row')} between two of our interfaces are recorded at both; they count once, at the one that was called.`,
    );
}

const ALL_NEED: readonly (readonly [string, string])[] = [
  [
    'evidence',
    'Nothing is loaded yet. Drop flow logs, login logs, access or audit logs, and a control-plane log such as CloudTrail.',
  ],
  ['exposure', 'Needs flow logs, or a control-plane log that shows ports being opened and closed.'],
  ['noise', 'Needs flow logs or login logs.'],
  ['quiet', 'Needs flow logs or login logs; access or audit logs tell what was asked for.'],
  ['decoy', 'Needs quiet actors and noise, so flow or login logs.'],
  [
    'ladder',
    'Needs flow logs for the lower rungs, login logs for rung 5, access or audit logs for rung 6 and above.',
  ],
  ['integrity', 'Needs login logs and flow logs of the same hosts and hours.'],
  ['aftermath', 'Needs flow logs after the closing, and a control-plane log for new users and keys.'],
  ['rotation', 'Needs logs that name credentials: login logs, access or audit logs, a control-plane log.'],
];

function sayAllMissing(caveats: Caveat[]): Caveat[] {
  for (const [cell, text] of ALL_NEED) caveats.push({ cell, text });
  return caveats;
}
