import { MICROS_PER_DAY } from '../base/time';
import { formatCount, formatDuration, plural } from '../base/units';
import { isCloudService, isLoggedOnDemand, rowsOfService } from './cloud-services';
import type { Ground } from './context';
import type { RowQuery } from './evidence';
import { RUNGS, type Rung, type Statement } from './findings';
import { stretchText, type DayVerdict, type ExposedService, type Obstacle } from './verdict-day';

/** Holes or contradictions spelled out in one verdict; the rest is counted. */
const SPELLED_OUT = 3;

export function rungWord(rung: Rung): string {
  return (RUNGS as readonly string[])[rung] ?? 'nothing';
}

/**
 * The reasons of a day. `shiftUs`: how far the clocks of log rows were set right, so that their own times may lie outside the day. `before`: actors that
 * were let in before the service was exposed.
 */
export function whyOfDay(
  ground: Ground,
  service: ExposedService,
  day: DayVerdict,
  shiftUs: number,
  before: ReadonlySet<number>,
): Statement[] {
  if (day.verdict === 'queried')
    return [readStatement(ground, service, day, shiftUs), ...beforeStatement(ground, day, before)];
  if (day.verdict === 'not queried within coverage') {
    return [
      {
        text:
          `${day.carriedBy.join(' and ')} could have shown a read, ${day.carriedBy.length === 1 ? 'covers' : 'cover'} ` +
          'the exposed part of the day without a gap, and shows none by an undeclared actor.',
      },
      ...day.beside.map((finding) => ({
        text: `It does not rest on what else was found on ${service.assetText} that day: ${finding.text}`,
        rows: finding.rows,
      })),
    ];
  }
  return day.obstacles.map((obstacle) => ({
    text: obstacleText(ground, service, obstacle) + loginText(day, obstacle),
    rows: obstacleRows(ground, service, day, obstacle),
  }));
}

/** A login log cannot show a read, but that it shows no login is worth saying, with what it rests on. */
function loginText(day: DayVerdict, obstacle: Obstacle): string {
  if (obstacle.kind !== 'no log' || obstacle.logins.length === 0 || day.rung >= 5) return '';
  const logs = obstacle.logins.join(' and ');
  return ` ${logs} ${obstacle.logins.length === 1 ? 'covers' : 'cover'} the day and ${obstacle.logins.length === 1 ? 'shows' : 'show'} no login of a stranger.`;
}

function readStatement(ground: Ground, service: ExposedService, day: DayVerdict, shiftUs: number): Statement {
  const actors = day.actors.map((actor) => ground.actors.texts[actor] ?? '');
  const who = `${actors.slice(0, SPELLED_OUT).join(', ')}${actors.length > SPELLED_OUT ? ` and ${formatCount(actors.length - SPELLED_OUT)} more` : ''}`;
  const text = day.inferred
    ? `${who} logged in and received more than a failed attempt gets: rung ${day.rung} (${rungWord(day.rung)}), inferred from sizes.`
    : `${who} reached rung ${day.rung} (${rungWord(day.rung)}).`;
  return { text, rows: rowsOfActors(ground, service, day, actors, shiftUs) };
}

/** A caller from before may be a partner or one of ours that nobody declared: the page can't know, and the reader must. */
function beforeStatement(ground: Ground, day: DayVerdict, before: ReadonlySet<number>): Statement[] {
  const regular = day.actors.filter((actor) => before.has(actor));
  if (regular.length === 0) return [];
  const names = regular.slice(0, SPELLED_OUT).map((actor) => ground.actors.texts[actor] ?? '');
  const more = regular.length - names.length;
  const who = `${names.join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
  const rest =
    regular.length === day.actors.length
      ? 'nobody else is known to have read it that day'
      : `${plural(day.actors.length - regular.length, 'other')} ${day.actors.length - regular.length === 1 ? 'was' : 'were'} not`;
  return [
    {
      text: `${who} ${regular.length === 1 ? 'was' : 'were'} let in before it was exposed, too; ${rest}. Callers from before that are yours can be declared known: the day is then judged without them.`,
    },
  ];
}

function rowsOfActors(
  ground: Ground,
  service: ExposedService,
  day: DayVerdict,
  actors: readonly string[],
  shiftUs: number,
): RowQuery[] {
  const slackUs = day.inferred ? 0 : shiftUs;
  const fromUs = day.day * MICROS_PER_DAY - slackUs;
  return actors.slice(0, SPELLED_OUT).map((actor) => ({
    table: day.inferred ? 'flows' : 'queries',
    actor,
    asset: service.assetText,
    fromUs,
    toUs: fromUs + MICROS_PER_DAY + 2 * slackUs,
    ...(isCloudService(service.protocol) && { where: rowsOfService(ground.evidence, service.protocol) }),
  }));
}

function obstacleRows(
  ground: Ground,
  service: ExposedService,
  day: DayVerdict,
  obstacle: Obstacle,
): readonly RowQuery[] {
  if (obstacle.kind === 'contradiction') return obstacle.rows;
  if (obstacle.kind !== 'suspicion' && obstacle.kind !== 'unread') return [];
  const fromUs = day.day * MICROS_PER_DAY;
  return obstacle.actors.slice(0, SPELLED_OUT).map((actor) => ({
    table: 'flows',
    actor: ground.actors.texts[actor] ?? '',
    asset: service.assetText,
    port: service.port,
    fromUs,
    toUs: fromUs + MICROS_PER_DAY,
  }));
}

export function obstacleText(ground: Ground, service: ExposedService, obstacle: Obstacle): string {
  const at = `${service.assetText} ${service.serviceText}`;
  switch (obstacle.kind) {
    case 'no log':
      return isLoggedOnDemand(service.protocol) && isCloudService(service.protocol)
        ? `No loaded log could have shown a read on ${at}: its reads are logged only where that was switched on, and no row is one.`
        : `No loaded log could have shown a read on ${at}.`;
    case 'on asset':
      return `${obstacle.label} lay on ${service.assetText} itself: who held the host could have changed it.`;
    case 'horizon':
      return `${obstacle.label} counts only while ${service.assetText} could be trusted. ${obstacle.text}`;
    case 'holes': {
      const listed = obstacle.holes.slice(0, SPELLED_OUT).map(stretchText).join('; ');
      const more = obstacle.holes.length - SPELLED_OUT;
      return `${obstacle.label} does not cover ${listed}${more > 0 ? ` and ${plural(more, 'more stretch', 'more stretches')}` : ''}.`;
    }
    case 'thin':
      return (
        `${obstacle.label} has so few rows that ` +
        (Number.isFinite(obstacle.noticeableUs)
          ? `only a silence of ${formatDuration(obstacle.noticeableUs)} would have been noticed.`
          : 'no silence would have been noticed.')
      );
    case 'unnamed':
      return `Whoever came could read ${at} without being named, and audit logs hold no request of that sort.`;
    case 'contradiction':
      return obstacle.text;
    case 'unread': {
      const actors = obstacle.actors.slice(0, SPELLED_OUT).map((actor) => ground.actors.texts[actor] ?? '');
      const more = obstacle.actors.length - actors.length;
      return (
        `${actors.join(', ')}${more > 0 ? ` and ${plural(more, 'other')}` : ''} exchanged data with ${at} in which ${obstacle.label} found no request: it was ` +
        'encrypted or of another protocol, and what was asked is not known.'
      );
    }
    case 'suspicion': {
      const actors = obstacle.actors.slice(0, SPELLED_OUT).map((actor) => ground.actors.texts[actor] ?? '');
      // Sizes suspect of a return (7 or 8); a read (6) only the clocks.
      if (obstacle.rung === 6)
        return (
          `${actors.join(', ')} read ${at} on this day if the log that shows it runs by the clock of ${service.assetText}’s login log; by its own ` +
          'times it was on another day, and no flows say which.'
        );
      return (
        `Strong suspicion: by the sizes of its sessions ${actors.join(', ')} reached rung ${obstacle.rung} ` +
        `(${rungWord(obstacle.rung)}) on ${at}. That is inferred from flows alone, so it is not called queried.`
      );
    }
  }
}
