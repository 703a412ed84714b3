import type { Findings, Statement } from '../../analysis/findings';
import { formatDuration, plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { listWords, minuteUtc, probabilityWords } from './words';

/** Where a source should have spoken and did not, and where two sources cannot both be complete. */
export function describeIntegrity(findings: Findings): CellText {
  const { gaps, contradictions, clockOffsets } = findings.integrity;
  const details: Statement[] = [
    ...contradictions.map((contradiction) => ({
      text: `${contradiction.text} (${probabilityWords(contradiction.p)})`,
      rows: contradiction.rows,
    })),
    ...gaps.map((gap) => ({
      text: `${gap.source}${gap.asset === null ? '' : ` for ${gap.asset}`}, ${minuteUtc(gap.fromUs)}: ${gap.text}${Number.isFinite(gap.p) ? ` (${probabilityWords(gap.p)})` : ''}`,
      rows: gap.rows,
    })),
    ...clockOffsets.map((offset) => ({
      text:
        `The clock of ${offset.host} (${offset.asset}) runs ${formatDuration(Math.abs(offset.offsetUs))} ` +
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
          : `No source contradicts another${gaps.length > 0 ? `, but there ${gaps.length === 1 ? 'is' : 'are'} ${plural(gaps.length, 'gap')}` : ' and no gap was found'} ` +
            'in what is loaded.',
    },
    details,
    caveats: caveatsOf(findings, 'integrity'),
  };
}
