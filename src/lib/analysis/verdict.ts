import { CaseTimes } from './case-times';
import { listUnder } from '../base/lists';
import { greatest, least } from '../base/extremes';
import type { Micros } from '../base/brand';
import { formatUtcDay, MICROS_PER_DAY } from '../base/time';
import { ruleOfThree } from '../base/statistics';
import { formatShare, plural } from '../base/units';
import { isCloudService } from './cloud-services';
import type { ExposureWindow, Ground, Standings } from './context';
import { STANDING } from './context';
import type { Coverage } from './coverage';
import {
  type AnswerFinding,
  type ContradictionFinding,
  type Rung,
  type Statement,
  type VerdictFinding,
  type VerdictWord,
} from './findings';
import type { Ladder } from './ladder';
import { trustHorizon } from './log-trust';
import { dayIndexOf, type NamedReach } from './rung-book';
import { lengthOf, type Stretch, joined } from './stretches';
import { findUnread } from './unread';
import { judgeDay, type DayVerdict, type ExposedService } from './verdict-day';
import { rungWord, whyOfDay } from './verdict-words';
import { missingEvidence } from './wishes';

export interface Verdicts {
  readonly verdicts: readonly VerdictFinding[];
  readonly answers: readonly AnswerFinding[];
}

/** Actors named for a day or in an answer, at most, the highest rungs first: a public server's readers are thousands. */
const ACTORS_NAMED = 100;
/** Days judged per service, at most: ten years. */
const DAYS_JUDGED = 3_660;

/**
 * A verdict per asset, service and UTC day inside the exposure, and the answer per service over all its days (ANALYSIS 6). `contradictions`
 * are those of integrity.ts: a day that one touches is never `not queried`.
 */
export function decideVerdicts(
  ground: Ground,
  standings: Standings,
  ladder: Ladder,
  coverage: Coverage,
  contradictions: readonly ContradictionFinding[] = [],
): Verdicts {
  const { book } = ladder;
  const named = book.namedByDay();
  const verdicts: VerdictFinding[] = [];
  const answers: AnswerFinding[] = [];
  const services = exposedServices(ground, ladder, new CaseTimes(ground, coverage.familiesOf));
  const unread = findUnread(ground, coverage, book, services);
  for (const service of services) {
    const horizon = trustHorizon(ground, book, service.asset);
    const days: DayVerdict[] = [];
    for (const day of exposedDays(service.exposed)) {
      const entries = (named.get(service.id)?.get(day) ?? []).filter(
        // Standing `known` may also come from the analysis, not only from the case's list.
        (entry) => standings.standing[entry.actor] !== STANDING.known,
      );
      const traces = {
        reached: book.reachedOn(service.id, day),
        named: entries,
        unread: unread.get(service.id)?.get(day) ?? [],
      };
      days.push(judgeDay(ground, coverage, service, day, traces, contradictions, horizon));
    }
    const before = letInBefore(ladder, named.get(service.id), service);
    for (const day of days)
      verdicts.push(
        asFinding(ground, service, day, whyOfDay(ground, service, day, ladder.clockShiftUs, before)),
      );
    answers.push(answerOf(ground, service, days, ladder, before));
  }
  return { verdicts, answers: answers.sort(inOrder) };
}

/** Of the actors named, those that were let in before the service was exposed: what they do since may be what they did all along. */
function letInBefore(
  { book }: Ladder,
  byDay: ReadonlyMap<number, readonly NamedReach[]> | undefined,
  { id, exposed }: ExposedService,
): ReadonlySet<number> {
  const actors = new Set<number>();
  const openedUs = exposed[0]?.fromUs ?? -Infinity;
  for (const entries of byDay?.values() ?? [])
    for (const { actor } of entries) if (book.firstLetIn(actor, id) < openedUs) actors.add(actor);
  return actors;
}

const VERDICT_ORDER: Readonly<Record<VerdictWord, number>> = {
  queried: 0,
  'not queried within coverage': 1,
  'cannot tell': 2,
};

/** What was queried first, then what was not, then what nobody can tell: in each what was reached furthest, otherwise as the exposures were found. */
function inOrder(a: AnswerFinding, b: AnswerFinding): number {
  return VERDICT_ORDER[a.verdict] - VERDICT_ORDER[b.verdict] || b.rung - a.rung;
}

function exposedServices(ground: Ground, ladder: Ladder, times: CaseTimes): ExposedService[] {
  const { services } = ladder.book;
  const byService = new Map<number, ExposureWindow[]>();
  for (const window of [...ground.exposure, ...ground.cloud]) {
    const id = services.add(window.asset, window.port, window.protocol);
    listUnder(byService, id, window);
  }
  return [...byService].map(([id, windows]) => {
    const [{ asset, port, protocol }] = windows as [ExposureWindow];
    return {
      id,
      asset,
      port,
      protocol,
      assetText: services.assetText(id),
      serviceText: services.serviceText(id),
      windows,
      exposed: joined(windows.map((window) => times.within(window))),
    };
  });
}

function exposedDays(exposed: readonly Stretch[]): number[] {
  const days = new Set<number>();
  for (const stretch of exposed) {
    // A window that ends at midnight has no part in the day that begins there.
    for (let day = dayIndexOf(stretch.fromUs); day * MICROS_PER_DAY < stretch.toUs; day++) {
      days.add(day);
      if (days.size >= DAYS_JUDGED) return [...days];
    }
  }
  return [...days].sort((a, b) => a - b);
}

function asFinding(
  ground: Ground,
  service: ExposedService,
  day: DayVerdict,
  why: Statement[],
): VerdictFinding {
  return {
    asset: service.assetText,
    service: service.serviceText,
    day: formatUtcDay(day.day * MICROS_PER_DAY),
    verdict: day.verdict,
    rung: day.rung,
    inferred: day.inferred,
    ceiling: day.ceiling,
    actors: day.actors.slice(0, ACTORS_NAMED).map((actor) => ground.actors.texts[actor] ?? ''),
    why,
  };
}

function answerOf(
  ground: Ground,
  service: ExposedService,
  days: readonly DayVerdict[],
  ladder: Ladder,
  before: ReadonlySet<number>,
): AnswerFinding {
  const counted: Record<VerdictWord, number> = {
    queried: 0,
    'not queried within coverage': 0,
    'cannot tell': 0,
  };
  for (const day of days) counted[day.verdict] += 1;
  const verdict: VerdictWord =
    counted.queried > 0
      ? 'queried'
      : counted['cannot tell'] === 0 && days.length > 0
        ? 'not queried within coverage'
        : 'cannot tell';
  const telling = verdict === 'queried' ? days.filter((day) => day.verdict === 'queried') : days;
  const highest = telling.reduce<DayVerdict | undefined>(
    (best, day) => (!best || day.rung > best.rung || (day.rung === best.rung && best.inferred) ? day : best),
    undefined,
  );
  const opened = least(service.windows.map((window) => window.openedUs));
  const closed = greatest(service.windows.map((window) => window.closedUs));
  const ends = endBounds(service.windows, opened, closed);
  const openedUs = ends.opening?.likelyUs ?? opened;
  const closedUs = ends.closing?.likelyUs ?? closed;
  return {
    asset: service.assetText,
    service: service.serviceText,
    verdict,
    rung: highest?.rung ?? -1,
    inferred: highest?.inferred ?? false,
    ceiling: days.reduce<Rung>((best, day) => (day.ceiling > best ? day.ceiling : best), -1),
    openedUs: (Number.isFinite(openedUs) ? openedUs : Number.NaN) as Micros,
    closedUs: (Number.isFinite(closedUs) ? closedUs : Number.NaN) as Micros,
    ...ends,
    days: counted,
    actors: actorsOf(ground, telling),
    ...missingEvidence(ground, service, days),
    why: whyOfAnswer(ground, service, days, counted, verdict, ladder, before),
  };
}

/** Rule of three (ANALYSIS 6): what "nobody did" of so many bounds. */
function boundOf(service: ExposedService, ladder: Ladder): Statement[] {
  const row = ladder.rows.find(
    ({ asset, service: name }) => asset === service.assetText && name === service.serviceText,
  );
  const callers = row?.actors[1] ?? 0;
  if (callers === 0) return [];
  return [
    {
      text:
        `None of ${plural(callers, 'undeclared caller')} read anything there: with 95 % confidence at most ${formatShare(ruleOfThree(callers))} of such callers ` +
        'do (rule of three). It bounds callers like these, not one that is unlike them.',
    },
  ];
}

/** Bounds of the first window's opening and the last one's closing. */
function endBounds(
  windows: readonly ExposureWindow[],
  openedUs: number,
  closedUs: number,
): Pick<AnswerFinding, 'opening' | 'closing'> {
  const opening = windows.find((window) => window.openedUs === openedUs)?.opening;
  const closing = windows.find((window) => window.closedUs === closedUs)?.closing;
  return { ...(opening ? { opening } : {}), ...(closing ? { closing } : {}) };
}

/** Actors of the telling days, those of the highest rung first. */
function actorsOf(ground: Ground, days: readonly DayVerdict[]): string[] {
  const actors = new Set<number>();
  for (const day of [...days].sort((a, b) => b.rung - a.rung))
    for (const actor of day.actors) actors.add(actor);
  return [...actors].slice(0, ACTORS_NAMED).map((actor) => ground.actors.texts[actor] ?? '');
}

function whyOfAnswer(
  ground: Ground,
  service: ExposedService,
  days: readonly DayVerdict[],
  counted: Readonly<Record<VerdictWord, number>>,
  verdict: VerdictWord,
  ladder: Ladder,
  before: ReadonlySet<number>,
): Statement[] {
  const why: Statement[] = [];
  if (days.length === 0)
    why.push({ text: 'No loaded row falls into the exposure, so nothing can be said of it.' });
  else {
    const parts = (Object.keys(counted) as VerdictWord[])
      .filter((word) => counted[word] > 0)
      .map((word) => `${plural(counted[word], 'day')} ${word}`);
    why.push({ text: `${parts.join(', ')}.` });
  }
  // One day speaks for those like it: the highest rung among those that made the answer.
  const telling = days
    .filter((day) => day.verdict === verdict)
    .reduce<DayVerdict | undefined>((best, day) => (!best || day.rung > best.rung ? day : best), undefined);
  if (telling) why.push(...whyOfDay(ground, service, telling, ladder.clockShiftUs, before));
  if (verdict === 'not queried within coverage') why.push(...boundOf(service, ladder));
  if (verdict === 'cannot tell' && telling && telling.rung >= 0) {
    const rung = rungWord(telling.rung);
    why.push({
      text: `The highest rung ${telling.inferred ? 'inferred' : 'seen'} of an undeclared actor is ${telling.rung} (${rung}).`,
    });
  }
  const isAtAllTimes = service.windows.some(
    ({ openedUs, closedUs }) => openedUs === -Infinity && closedUs === Infinity,
  );
  if (isCloudService(service.protocol) && !isAtAllTimes)
    why.push({
      text: 'It is asked about for the time that whoever came could read it. Outside of that time no caller with a credential is seen to have read it but those declared ours.',
    });
  else if (isCloudService(service.protocol)) {
    why.push({
      text: 'A cloud service is open to whoever holds a credential, at all times: it is judged for as long as rows were loaded, and callers count until they are declared ours.',
    });
    return why;
  }
  if (service.windows.some((window) => window.openedUs < ground.fromUs))
    why.push({ text: 'The service was open before the first loaded row: of that time nothing can be said.' });
  if (service.windows.some((window) => window.closedUs > ground.toUs) && lengthOf(service.exposed) > 0)
    why.push({
      text: 'The evidence does not show the service closed: of the time after the last row nothing can be said.',
    });
  return why;
}
