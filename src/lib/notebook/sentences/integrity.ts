import type { Findings, Statement } from '../../analysis/findings';
import { formatDuration, plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { listWords, minuteUtc, probabilityWords } from './words';

/** Where a source should have spoken and did not, and where two sources cannot both be complete. */
export function describeIntegrity(findings: Findings): CellText {
  const { totals, sources } = findings;
  const { gaps, contradictions, clockOffsets } = findings.integrity;
  const details: Statement[] = [
    ...contradictions.map((contradiction) => ({
      text: withProbability(contradiction),
      rows: contradiction.rows,
    })),
    ...gaps.map((gap) => ({
      text: `${gap.source}${gap.asset === null ? '' : ` for ${gap.asset}`}, ${minuteUtc(gap.fromUs)}: ${withProbability(gap)}`,
      rows: gap.rows,
    })),
    ...clockOffsets.map((offset) => ({
      text:
        `The clock of ${offset.host}${offset.host === offset.asset ? '' : ` (${offset.asset})`} runs ${formatDuration(Math.abs(offset.offsetUs))} ` +
        `${offset.offsetUs >= 0 ? 'ahead of' : 'behind'} the flow export's, ± ${formatDuration(offset.spreadUs)}, from ${plural(offset.matches, 'matched session')}.`,
    })),
  ];
  const assets = [...new Set(contradictions.map((contradiction) => contradiction.asset))];
  return {
    id: 'integrity',
    question: 'Are the logs complete, and do they agree with one another?',
    finding: {
      text:
        contradictions.length > 0
          ? `${plural(contradictions.length, 'contradiction')}: on ${listWords(assets)} the sources cannot all be complete. ` +
            `Lines may have been removed. ${gaps.length > 0 ? `Besides, ${plural(gaps.length, 'gap')}.` : ''}`.trimEnd()
          : `${
              totals.flows > 0 && totals.logins + totals.queries > 0
                ? 'No source contradicts another'
                : 'Whether sources contradict each other cannot be tested with what is loaded'
            }${gapWords(gaps.length, sources.length)}.`,
    },
    details,
    caveats: caveatsOf(findings, 'integrity'),
  };
}

/** A finding with how improbable it is by chance; most say so themselves. */
export function withProbability({ text, p }: { readonly text: string; readonly p: number }): string {
  return / p [=<] /.test(text) || !Number.isFinite(p) ? text : `${text} (${probabilityWords(p)})`;
}

/** What is said of gaps after the main clause; nothing where nothing is loaded that could have one. */
function gapWords(gaps: number, sources: number): string {
  if (sources === 0) return '';
  return gaps > 0 ? `; there ${gaps === 1 ? 'is' : 'are'} ${plural(gaps, 'gap')}` : '; no gap was found';
}
