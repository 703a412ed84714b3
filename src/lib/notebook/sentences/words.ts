import { placeWords } from '../../analysis/place-words';
import {
  RUNGS,
  type AnswerFinding,
  type ExposureFinding,
  type Findings,
  type RotationFinding,
  type Rung,
} from '../../analysis/findings';
import { formatUtc } from '../../base/time';
import { plural } from '../../base/units';

/** `rung 6, queried`; what was never reached is said so. */
export function rungWords(rung: Rung, inferred = false): string {
  if (rung === -1) return 'no rung';
  return `rung ${rung}, ${RUNGS[rung]}${inferred ? ' (inferred)' : ''}`;
}

/** `2026-02-20 09:12 UTC`: to the minute, the zone always printed. */
export function minuteUtc(us: number): string {
  const text = formatUtc(us);
  return text.startsWith('unknown') ? text : `${text.slice(0, 10)} ${text.slice(11, 16)} UTC`;
}

/**
 * `from 2026-02-20 09:12 UTC until 2026-03-10 16:40 UTC`, saying which ends the evidence does not hold, and between which times those lie
 * that traffic alone tells of.
 */
export function windowWords(openedUs: number, closedUs: number, ends: WindowEnds = {}): string {
  const opened = ends.opening
    ? `from some time ${betweenWords(ends.opening)}`
    : Number.isFinite(openedUs)
      ? `from ${minuteUtc(openedUs)}`
      : 'from before the evidence begins';
  const closed = ends.closing
    ? `until some time ${betweenWords(ends.closing)}`
    : Number.isFinite(closedUs)
      ? `until ${minuteUtc(closedUs)}`
      : 'still open when the evidence ends';
  return Number.isFinite(closedUs) ? `${opened} ${closed}` : `${opened}, ${closed}`;
}

type WindowEnds = Pick<ExposureFinding, 'opening' | 'closing'>;

function betweenWords({ fromUs, toUs }: NonNullable<WindowEnds['opening']>): string {
  const [from, to] = [minuteUtc(fromUs), minuteUtc(toUs)];
  return from === to ? `within ${from}` : `between ${from} and ${to}`;
}

/** `a`, `a and b`, `a, b and 3 others`; one that is left takes no more room than its count. */
export function listWords(items: readonly string[], most = 3): string {
  if (items.length === 0) return 'none';
  if (items.length === 1) return items[0] as string;
  const shown = items.slice(0, items.length === most + 1 ? items.length : most);
  const left = items.length - shown.length;
  if (left === 0) return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
  return `${shown.join(', ')} and ${plural(left, 'other')}`;
}

/** `p = 0.003`, `p < 0.0001`. */
export function probabilityWords(p: number): string {
  if (!Number.isFinite(p)) return 'p unknown';
  return p < 0.0001 ? 'p < 0.0001' : `p = ${p.toPrecision(2)}`;
}

export function answerSubject(answer: Pick<AnswerFinding, 'asset' | 'service'>): string {
  return placeWords(answer);
}

/** The days of the verdict `queried`, each once, in order; of one service where it is named. */
export function readDays(
  { verdicts }: Pick<Findings, 'verdicts'>,
  of?: Pick<AnswerFinding, 'asset' | 'service'>,
): string[] {
  const days = verdicts
    .filter(({ verdict }) => verdict === 'queried')
    .filter((one) => of === undefined || (one.asset === of.asset && one.service === of.service))
    .map(({ day }) => day);
  return [...new Set(days)].sort();
}

/** `2026-02-23`, `2026-02-23 and 2026-03-01`, `6 days from 2026-02-23 to 2026-03-08`. */
export function daysWords(days: readonly string[]): string {
  const first = days[0] ?? '';
  return days.length <= 2
    ? listWords(days)
    : `${plural(days.length, 'day')} from ${first} to ${days.at(-1) ?? first}`;
}

/** `SSH key …xCyM of deploy`. What is known by its name alone has no other holder: `stored secret prod/db`. */
export function credentialWords({ kind, hint, holder }: RotationFinding): string {
  const isNamed = kind === 'stored secret' || kind === 'credential file';
  return [kind, hint, holder === '' || isNamed ? holder : `of ${holder}`]
    .filter((word) => word !== '')
    .join(' ');
}
