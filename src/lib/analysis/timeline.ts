import type { ActorId, Micros } from '../base/brand';
import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../base/time';
import { LOGIN_OUTCOME, nameOf, QUERY_VERB } from '../tables/schemas';
import { campaignId } from './campaigns';
import { STANDING } from './context';
import type { RowQuery } from './evidence';
import type { Standing, TimelineFinding } from './findings';
import type { Bench } from './ground';
import type { Ladder } from './ladder';
import { eventsOf } from './log-events';
import type { Noise } from './noise';
import type { Quiet } from './quiet';

/** One thing that a quiet actor did. */
export interface Mark {
  readonly atUs: Micros;
  readonly endUs: Micros;
  readonly bytes: number;
  readonly kind: string;
  readonly rows: RowQuery;
}

const WIDTHS_US = [1, 5, 10, 30, 60, 180, 360, 720, 1440].map((minutes) => minutes * MICROS_PER_MINUTE);
const MOST_BINS = 720;
const SHOWN_CAMPAIGNS = 7;
const MOST_LANES = 60;
const MOST_MARKS = 2000;

/** Noise as mass and quiet as marks, on one time axis. */
export function drawTimeline(bench: Bench, noise: Noise, ladder: Ladder, quiet: Quiet): TimelineFinding {
  const { ground } = bench;
  if (Number.isNaN(ground.fromUs))
    return { fromUs: ground.fromUs, binUs: MICROS_PER_HOUR, bins: 0, series: [], lanes: [] };
  const span = ground.toUs - ground.fromUs;
  const binUs = WIDTHS_US.find((width) => span / width <= MOST_BINS) ?? Math.ceil(span / MOST_BINS);
  const fromUs = (Math.floor(ground.fromUs / binUs) * binUs) as Micros;
  const bins = Math.floor((ground.toUs - fromUs) / binUs) + 1;
  const lanes = quietMarks(bench, noise, quiet).map(({ actorId, actor, marks }) => ({
    actor,
    rung: ladder.rungOf(actorId).rung,
    marks,
  }));
  return { fromUs, binUs, bins, series: massOf(bench, noise, fromUs, binUs, bins), lanes };
}

function massOf(
  bench: Bench,
  noise: Noise,
  fromUs: number,
  binUs: number,
  bins: number,
): TimelineFinding['series'] {
  const { standing, campaign } = noise.standings;
  const names: { name: string; standing: Standing }[] = [];
  for (let c = 0; c < SHOWN_CAMPAIGNS; c++) names.push({ name: campaignId(c + 1), standing: 'noise' });
  names.push({ name: 'other noise', standing: 'noise' });
  names.push({ name: 'known', standing: 'known' }, { name: 'unknown', standing: 'unknown' });
  const seriesOf = new Uint8Array(standing.length);
  for (let actor = 0; actor < seriesOf.length; actor++)
    seriesOf[actor] = seriesFor(standing[actor], campaign[actor]);
  const counts = new Float64Array(names.length * bins);
  const add = (times: Float64Array, actors: Uint32Array, count: number, isCounted?: Uint32Array): void => {
    for (let i = 0; i < count; i++) {
      const series = seriesOf[actors[i]];
      if (series === IN_NO_SERIES || isCounted?.[i] === 0) continue;
      const bin = Math.floor((times[i] - fromUs) / binUs);
      if (bin >= 0 && bin < bins) counts[series * bins + bin] += 1;
    }
  };
  const { logins, queries, contacts, ground } = bench;
  add(ground.sessions.startUs, ground.sessions.actor, ground.sessions.count, contacts.ofSession);
  add(logins.timeUs, logins.actor, logins.count);
  add(queries.timeUs, queries.actor, queries.count);
  return names
    .map((entry, k) => ({ ...entry, counts: Array.from(counts.subarray(k * bins, (k + 1) * bins)) }))
    .filter((series) => series.counts.some((count) => count > 0));
}

/** Quiet actors are drawn as marks. */
const IN_NO_SERIES = 255;

/** The place of an actor's events among the series: the largest campaigns, other noise, known, unknown. */
function seriesFor(standing: number, campaign: number): number {
  if (standing === STANDING.quiet) return IN_NO_SERIES;
  if (standing === STANDING.known) return SHOWN_CAMPAIGNS + 1;
  if (standing === STANDING.unknown) return SHOWN_CAMPAIGNS + 2;
  return campaign >= 1 && campaign <= SHOWN_CAMPAIGNS ? campaign - 1 : SHOWN_CAMPAIGNS;
}

export interface Lane {
  readonly actorId: ActorId;
  readonly actor: string;
  readonly marks: readonly Mark[];
}

/** What the quiet actors (and, with `quiet` given, the noisy ones that got in) did, by rank. */
export function quietMarks(bench: Bench, noise: Noise, quiet?: Quiet): Lane[] {
  const { standing } = noise.standings;
  const chosen: number[] = [];
  for (let actor = 0; actor < standing.length; actor++)
    if (quiet ? quiet.rank[actor] > 0 : standing[actor] === STANDING.quiet) chosen.push(actor);
  if (quiet) chosen.sort((a, b) => quiet.rank[a] - quiet.rank[b]);
  const shown = quiet ? chosen.slice(0, MOST_LANES) : chosen;
  const laneOf = new Map<number, Mark[]>(shown.map((actor) => [actor, []]));
  addSessions(bench, laneOf);
  return shown.map((actor) => {
    const marks = laneOf.get(actor) ?? [];
    addLogs(bench, actor, marks);
    marks.sort((a, b) => a.atUs - b.atUs);
    return {
      actorId: actor as ActorId,
      actor: bench.ground.actors.texts[actor],
      marks: marks.slice(0, MOST_MARKS),
    };
  });
}

function addSessions(bench: Bench, laneOf: ReadonlyMap<number, Mark[]>): void {
  if (laneOf.size === 0) return;
  const { sessions, actors, assets } = bench.ground;
  const isShown = new Uint8Array(actors.count);
  for (const actor of laneOf.keys()) isShown[actor] = 1;
  for (let i = 0; i < sessions.count; i++) {
    const actor = sessions.actor[i];
    if (isShown[actor] === 0 || bench.contacts.ofSession[i] === 0) continue;
    const marks = laneOf.get(actor);
    if (!marks || marks.length >= MOST_MARKS) continue;
    marks.push({
      atUs: sessions.startUs[i] as Micros,
      endUs: sessions.endUs[i] as Micros,
      bytes: sessions.bytesToActor[i] || 0,
      kind: 'session',
      rows: {
        table: 'flows',
        actor: actors.texts[actor],
        asset: assets.names[sessions.asset[i]],
        port: sessions.assetPort[i],
        fromUs: sessions.startUs[i],
        toUs: sessions.endUs[i] + 1,
      },
    });
  }
}

function addLogs(bench: Bench, actor: number, marks: Mark[]): void {
  const { logins, queries } = bench;
  for (const i of eventsOf(logins, actor)) {
    if (logins.outcome[i] !== LOGIN_OUTCOME.success && logins.outcome[i] !== LOGIN_OUTCOME.failure) continue;
    const atUs = logins.timeUs[i] as Micros;
    const kind = logins.outcome[i] === LOGIN_OUTCOME.success ? 'login' : 'failed login';
    marks.push({ atUs, endUs: atUs, bytes: 0, kind, rows: { table: 'logins', rows: [logins.row[i]] } });
  }
  for (const i of eventsOf(queries, actor)) {
    const atUs = queries.timeUs[i] as Micros;
    marks.push({
      atUs,
      endUs: atUs,
      bytes: queries.bytes[i] || 0,
      kind: nameOf(QUERY_VERB, queries.verb[i]),
      rows: { table: 'queries', rows: [queries.row[i]] },
    });
  }
}
