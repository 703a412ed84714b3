import type { Findings, Statement } from '../../analysis/findings';
import { formatBytes, plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { listWords, minuteUtc, rungWords } from './words';

/** Who does not fit the noise, ranked, each with the signs that put it there. */
export function describeQuiet(findings: Findings): CellText {
  const quiet = findings.actors
    .filter((actor) => actor.quietRank !== null)
    .sort((a, b) => (a.quietRank ?? 0) - (b.quietRank ?? 0));
  const details: Statement[] = quiet.map((actor) => ({
    text:
      `${actor.quietRank}. ${actor.actor} (${rungWords(actor.rung, actor.rungInferred)}; ${listWords(actor.services, 3)}; ` +
      `${minuteUtc(actor.firstUs)} to ${minuteUtc(actor.lastUs)}` +
      (Number.isFinite(actor.bytesToActor) && actor.bytesToActor > 0
        ? `; ${formatBytes(actor.bytesToActor)} sent to it`
        : '') +
      `): ${
        actor.why
          .filter((sign) => sign.weight > 0 && sign.score !== 'noise')
          .sort((a, b) => b.weight - a.weight)
          .map((sign) => sign.text)
          .join('; ') || 'no single sign stands out'
      }.`,
    rows: actor.why.flatMap((sign) =>
      sign.rows && sign.weight > 0 && sign.score !== 'noise' ? [sign.rows] : [],
    ),
  }));
  const first = quiet[0];
  return {
    id: 'quiet',
    question: 'Who does not fit the noise?',
    finding: {
      text: first
        ? `${plural(quiet.length, 'actor')} ${quiet.length === 1 ? 'does' : 'do'} not fit the noise. First: ${first.actor}, ${rungWords(first.rung, first.rungInferred)}.`
        : 'No actor stands out from the noise in what is loaded. That is not proof that there was none: see the ceiling of each source.',
    },
    details,
    caveats: caveatsOf(findings, 'quiet'),
  };
}
