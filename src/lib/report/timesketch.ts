import { placeWords } from '../analysis/place-words';
import { RUNGS, type Findings } from '../analysis/findings';
import { parseAddress } from '../base/addresses';
import { formatUtc } from '../base/time';
import { formatCount, plural } from '../base/units';
import { sentenceInZone } from '../notebook/times';
import { csvTable } from './csv';
import { reportedActors } from './reported';

/** One line of the timeline. What it is about is repeated in fields that can be searched and grouped. */
interface TimelineEvent {
  readonly us: number;
  readonly message: string;
  /** What kind of time it is, as Timesketch asks. */
  readonly kind: string;
  readonly actor?: string;
  readonly asset?: string;
  readonly service?: string;
  readonly rung?: number;
  readonly standing?: string;
  readonly bytes?: number;
  readonly source?: string;
}

/** The three that Timesketch needs (timesketch.org, "Import timeline from JSON/JSONL or CSV file"), its `timestamp` in microseconds, and ours. */
const COLUMNS = [
  'message',
  'timestamp',
  'datetime',
  'timestamp_desc',
  'actor',
  'src_ip',
  'asset',
  'service',
  'rung',
  'standing',
  'bytes',
  'source_file',
];

/**
 * What was found as a timeline to be imported into Timesketch beside others: exposure, first and last of each actor that is more than noise, its
 * sessions as they are drawn, the rungs it reached, campaigns as one stretch each, changes, gaps and contradictions. Values are not defanged:
 * machines read them. What has no time is not on a timeline.
 */
export function timesketchCsv(findings: Findings): string {
  const events = [
    ...exposureEvents(findings),
    ...actorEvents(findings),
    ...aftermathEvents(findings),
    ...integrityEvents(findings),
  ].filter(({ us }) => Number.isFinite(us));
  events.sort((a, b) => a.us - b.us);
  // Without a byte-order mark, which would become a part of the first column's name.
  return csvTable(
    COLUMNS,
    events.map((event) => [
      sentenceInZone(event.message, 'UTC'),
      Math.round(event.us),
      datetimeOf(event.us),
      event.kind,
      event.actor ?? '',
      event.actor !== undefined && parseAddress(event.actor) ? event.actor : '',
      event.asset ?? '',
      event.service ?? '',
      event.rung ?? '',
      event.standing ?? '',
      event.bytes ?? '',
      event.source ?? '',
    ]),
  );
}

/**
 * Always with six digits behind the second: the importer reads a column of times by the pattern of its first one (pandas 2, `to_datetime`) and drops
 * lines of another pattern.
 */
function datetimeOf(us: number): string {
  const [whole = '', fraction = ''] = formatUtc(us).replace(/Z$/, '').split('.');
  return `${whole}.${fraction.padEnd(6, '0')}+00:00`;
}

/** What was opened over and over has its first and its last time here: the changes themselves are a timeline of their own. */
function exposureEvents({ exposure }: Findings): TimelineEvent[] {
  return exposure.flatMap(({ asset, service, openedUs, closedUs, times }) => {
    const nth = (which: 'first' | 'last'): string =>
      times ? ` (the ${which} of ${plural(times.length, 'time')})` : '';
    return [
      {
        us: openedUs,
        kind: 'Exposure opened',
        message: `${placeWords({ asset, service })} became reachable from outside${nth('first')}`,
        asset,
        service,
      },
      {
        us: closedUs,
        kind: 'Exposure closed',
        message: `${placeWords({ asset, service })} was no longer reachable from outside${nth('last')}`,
        asset,
        service,
      },
    ];
  });
}

function actorEvents(findings: Findings): TimelineEvent[] {
  const events: TimelineEvent[] = [];
  const reported = new Map(reportedActors(findings, new Set()).map((entry) => [entry.actor, entry]));
  for (const { actor, standing, rung, firstUs, lastUs } of reported.values()) {
    const about = { actor, standing, rung };
    events.push({
      us: firstUs,
      kind: 'First seen',
      message: `${actor} (${standing}) was first seen`,
      ...about,
    });
    if (lastUs !== firstUs)
      events.push({
        us: lastUs,
        kind: 'Last seen',
        message: `${actor} (${standing}) was last seen`,
        ...about,
      });
  }
  for (const { actor, marks } of findings.timeline.lanes)
    for (const { atUs, kind, bytes } of marks) {
      const amount = bytes > 0 ? `, ${formatCount(bytes)} bytes to it` : '';
      const standing = reported.get(actor)?.standing;
      events.push({
        us: atUs,
        kind: 'Activity',
        message: `${actor}: ${kind}${amount}`,
        actor,
        standing,
        bytes,
      });
    }
  for (const { actor, asset, service, rung, inferred, standing, atUs } of findings.ladder) {
    if (!reported.has(actor) || rung < 0) continue;
    const words = `rung ${rung}, ${RUNGS[Number(rung)] ?? ''}${inferred ? ' (inferred)' : ''}`;
    const message = `${actor} reached ${words}, of ${placeWords({ asset, service })}`;
    events.push({ us: atUs, kind: 'Rung reached', message, actor, asset, service, rung, standing });
  }
  for (const { id, fingerprint, events: count, firstUs, lastUs } of findings.campaigns) {
    const who = `campaign ${id}: ${plural(count, 'event')} of ${fingerprint}`;
    const standing = 'noise';
    events.push(
      { us: firstUs, kind: 'Campaign begins', message: `First event of ${who}`, standing },
      { us: lastUs, kind: 'Campaign ends', message: `Last event of ${who}`, standing },
    );
  }
  return events;
}

function aftermathEvents({ aftermath }: Findings): TimelineEvent[] {
  return [
    ...aftermath.changes.map(({ atUs, text, principal, actor = principal }) => ({
      us: atUs,
      kind: 'Change',
      message: text,
      actor,
    })),
    ...aftermath.returning.map(({ atUs, text, actor }) => ({
      us: atUs,
      kind: 'Return after closing',
      message: text,
      actor,
    })),
    ...aftermath.outbound.map(({ firstUs, text, asset, destination, port, bytes }) => ({
      us: firstUs,
      kind: 'New destination',
      message: text,
      actor: destination,
      asset,
      service: String(port),
      bytes,
    })),
  ];
}

function integrityEvents({ integrity }: Findings): TimelineEvent[] {
  const stretch = (
    kind: string,
    { fromUs, toUs, text, ...about }: { fromUs: number; toUs: number; text: string } & Partial<TimelineEvent>,
  ): TimelineEvent[] => [
    { us: fromUs, kind: `${kind} begins`, message: text, ...about },
    { us: toUs, kind: `${kind} ends`, message: text, ...about },
  ];
  return [
    ...integrity.gaps.flatMap(({ fromUs, toUs, text, source, asset }) =>
      stretch('Gap', { fromUs, toUs, text, source, asset: asset ?? undefined }),
    ),
    ...integrity.contradictions.flatMap(({ fromUs, toUs, text, asset, service, actor }) =>
      stretch('Contradiction', { fromUs, toUs, text, asset, service, actor: actor ?? undefined }),
    ),
  ];
}
