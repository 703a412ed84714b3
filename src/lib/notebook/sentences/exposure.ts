import { placeWords } from '../../analysis/place-words';
import { greatest, least } from '../../base/extremes';
import { listUnder } from '../../base/lists';
import { UNANSWERED, type ExposureFinding, type Findings, type Statement } from '../../analysis/findings';
import { formatCount, formatDuration, plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { listWords, minuteUtc, windowWords } from './words';

/** Which services could be reached from outside, when, and on what that rests. */
export function describeExposure(findings: Findings): CellText {
  const { exposure } = findings;
  const assets = new Set(exposure.map((window) => window.asset));
  const services = servicesOf(exposure);
  const opened = least(exposure.map((window) => window.openedUs).filter(Number.isFinite));
  const closed = greatest(exposure.map((window) => window.closedUs).filter(Number.isFinite));
  const span = closed - opened;
  return {
    id: 'exposure',
    question: 'Which services were reachable from outside, and when?',
    finding: {
      text:
        exposure.length === 0
          ? 'No service of ours is seen to be reachable from outside in what is loaded.'
          : `${plural(services, 'service')} on ${plural(assets.size, 'asset')} (${listWords([...assets], 6)}) could be reached from outside` +
            (Number.isFinite(span) && span > 0 ? `, over ${formatDuration(span)}` : '') +
            '.' +
            unansweredWords(exposure, services) +
            flaggedWords(exposure, services),
    },
    details: alike(exposure).map(windowStatement),
    caveats: caveatsOf(findings, 'exposure'),
  };
}

/** The count of services here and the count of verdicts differ by those where nothing answered: it is said why. */
function unansweredWords(exposure: readonly ExposureFinding[], services: number): string {
  const silent = servicesOf(exposure.filter(({ flags }) => flags.includes(UNANSWERED)));
  if (silent === 0) return '';
  return ` On ${partWords(silent, services)} nothing ever answered: no verdict is asked there.`;
}

function flaggedWords(exposure: readonly ExposureFinding[], services: number): string {
  const flagged = servicesOf(exposure.filter(({ flags }) => flags.some((flag) => flag !== UNANSWERED)));
  if (flagged === 0) return '';
  return ` For ${partWords(flagged, services)} the evidence disagrees or names more than was meant.`;
}

function partWords(part: number, whole: number): string {
  if (part < whole) return `${formatCount(part)} of them`;
  return whole === 1 ? 'it' : 'all of them';
}

/** Windows of one port that the same rules opened on several machines, together; every other alone. */
function alike(exposure: readonly ExposureFinding[]): readonly (readonly ExposureFinding[])[] {
  const groups = new Map<string, ExposureFinding[]>();
  for (const [at, window] of exposure.entries()) {
    const rules = window.basis.filter(({ kind }) => kind === 'change').map(({ text }) => text);
    const key = JSON.stringify(
      rules.length > 0
        ? [window.service, windowText(window), rules, window.flags, others(window).map(({ kind }) => kind)]
        : at,
    );
    listUnder(groups, key, window);
  }
  return [...groups.values()];
}

function others({ basis }: ExposureFinding): ExposureFinding['basis'] {
  return basis.filter(({ kind }) => kind !== 'change');
}

function windowText(window: ExposureFinding): string {
  return windowWords(window.openedUs, window.closedUs, window);
}

function windowStatement(windows: readonly ExposureFinding[]): Statement {
  const [first, ...more] = windows as readonly [ExposureFinding, ...ExposureFinding[]];
  const sum = (of: 'sessions' | 'actors'): number => windows.reduce((total, window) => total + window[of], 0);
  const subject =
    more.length === 0
      ? placeWords(first)
      : `${first.service} on ${listWords(
          windows.map(({ asset }) => asset),
          windows.length,
        )}`;
  const seen =
    more.length === 0
      ? `${plural(first.sessions, 'session')} from ${plural(first.actors, 'outside actor')} inside that time`
      : `${plural(sum('sessions'), 'session')} from outside inside that time (${windows.map(({ asset, sessions, actors }) => `${asset}: ${formatCount(sessions)} from ${plural(actors, 'actor')}`).join('; ')})`;
  const basis = more.length === 0 ? first.basis.map(({ text }) => text) : sharedBasis(windows);
  return {
    text:
      `${subject}: reachable ${windowText(first)}; ${seen}. ` +
      `Basis: ${basis.map((text, index) => `(${index + 1}) ${text}`).join('; ') || 'none given'}.` +
      (first.flags.length > 0 ? ` Note: ${first.flags.join('; ')}.` : ''),
    rows: windows.flatMap((window) => window.basis.flatMap(({ rows }) => rows ?? [])),
  };
}

/** The rules, which are the same, and between which times the traffic of each machine puts its ends. */
function sharedBasis(windows: readonly ExposureFinding[]): string[] {
  const [first] = windows as readonly [ExposureFinding];
  const rules = first.basis.filter(({ kind }) => kind === 'change').map(({ text }) => text);
  const traffic = windows.flatMap((window) => others(window)).filter(({ kind }) => kind === 'traffic');
  const given = first.basis.filter(({ kind }) => kind === 'analyst').map(({ text }) => text);
  const between = (times: readonly number[]): string => {
    const [from, to] = [minuteUtc(least(times)), minuteUtc(greatest(times))];
    return from === to ? from : `between ${from} and ${to}`;
  };
  const ends = (of: 'openedUs' | 'closedUs'): number[] =>
    traffic.map((one) => one[of]).filter(Number.isFinite);
  const said = [
    ends('openedUs').length > 0 ? `the first ${between(ends('openedUs'))}` : '',
    ends('closedUs').length > 0 ? `the last ${between(ends('closedUs'))}` : '',
  ].filter((text) => text !== '');
  return [
    ...rules,
    ...given,
    ...(said.length > 0 ? [`traffic, machine by machine: outsiders got through, ${said.join(' and ')}`] : []),
  ];
}

/** One that was opened twice has two windows, and is one service. */
function servicesOf(windows: readonly ExposureFinding[]): number {
  return new Set(windows.map(({ asset, service }) => `${service} ${asset}`)).size;
}
