import { greatest } from '../../base/extremes';
import type { Findings, Statement } from '../../analysis/findings';
import { formatCount, formatDuration, plural } from '../../base/units';
import { foldRegular, runWords, type GapEntry } from '../gap-runs';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { listWords, minuteUtc, probabilityWords } from './words';

/** Where a source should have spoken and did not, and where two sources cannot both be complete. */
export function describeIntegrity(findings: Findings): CellText {
  const { totals, sources } = findings;
  const { gaps, contradictions, clockOffsets } = findings.integrity;
  const entries = foldRegular(gaps);
  const regular = entries.reduce((sum, entry) => sum + (entry.kind === 'run' ? entry.run.gaps.length : 0), 0);
  const details: Statement[] = [
    ...contradictions.map((contradiction) => ({
      text: withProbability(contradiction),
      rows: contradiction.rows,
    })),
    ...entries.map(gapStatement),
    ...clockOffsets.map((offset) => ({
      text:
        `The clock of ${offset.host}${offset.host === offset.asset ? '' : ` (${offset.asset})`} runs ${aheadWords(offset.offsetUs)} ` +
        `the flow export's, ± ${formatDuration(offset.spreadUs)}, from ${plural(offset.matches, 'matched session')}.${changeWords(offset)}`,
    })),
  ];
  const clocks = clockWords(clockOffsets);
  const assets = [...new Set(contradictions.map((contradiction) => contradiction.asset))];
  return {
    id: 'integrity',
    question: 'Are the logs complete, and do they agree with one another?',
    finding: {
      text:
        (contradictions.length > 0
          ? `${plural(contradictions.length, 'contradiction')}: on ${listWords(assets)} the sources cannot all be complete. ` +
            `Lines may have been removed. ${gaps.length > 0 ? `Besides, ${countWords(gaps.length, regular)}.` : ''}`.trimEnd()
          : `${
              totals.flows > 0 && totals.logins + totals.queries > 0
                ? 'No source contradicts another'
                : 'Whether sources contradict each other cannot be tested with what is loaded'
            }${gapWords(gaps.length, regular, sources.length)}.`) + (clocks === '' ? '' : ` ${clocks}.`),
    },
    details,
    caveats: caveatsOf(findings, 'integrity'),
  };
}

function aheadWords(offsetUs: number): string {
  return `${formatDuration(Math.abs(offsetUs))} ${offsetUs >= 0 ? 'ahead of' : 'behind'}`;
}

/** One of the two clocks was put forward or back within the case: which one, the logs do not tell. */
function changeWords({ changed }: Findings['integrity']['clockOffsets'][number]): string {
  if (!changed) return '';
  const { atUs, beforeUs, afterUs } = changed;
  return (
    ` One of the two was changed about ${minuteUtc(atUs)}, as for daylight saving: before, it ran ${aheadWords(beforeUs)} the flow export's, ` +
    `since then ${aheadWords(afterUs)} it.`
  );
}

/** A finding with how improbable it is by chance; most say so themselves. */
export function withProbability({ text, p }: { readonly text: string; readonly p: number }): string {
  return / p [=<] /.test(text) || !Number.isFinite(p) ? text : `${text} (${probabilityWords(p)})`;
}

function gapStatement(entry: GapEntry): Statement {
  const { source, asset, fromUs, toUs, rows, text } =
    entry.kind === 'gap'
      ? { ...entry.gap, text: withProbability(entry.gap) }
      : {
          ...entry.run.gaps[0],
          toUs: entry.run.gaps.at(-1)?.toUs,
          rows: entry.run.longest.rows,
          text: runWords(entry.run),
        };
  const until = entry.kind === 'run' && toUs !== undefined ? ` to ${minuteUtc(toUs)}` : '';
  return {
    text: `${source}${asset === null ? '' : ` for ${asset}`}, ${minuteUtc(fromUs)}${until}: ${text}`,
    rows,
  };
}

function countWords(gaps: number, regular: number): string {
  if (regular === 0) return plural(gaps, 'gap');
  if (regular === gaps) return `${plural(gaps, 'gap')}, all of them regular silences`;
  return `${plural(gaps, 'gap')}, ${formatCount(regular)} of them regular silences`;
}

/** Less is any two machines' difference; from here on a time read in one log is looked for in vain in another. */
const CLOCK_OFF_US = 60e6;

/** Which hosts' clocks are wrong, without a full stop; empty where none is. Who reads their lines must know it before anything else. */
export function clockWords(offsets: Findings['integrity']['clockOffsets']): string {
  const farthest = ({ offsetUs, changed }: (typeof offsets)[number]): number =>
    greatest([offsetUs, changed?.beforeUs ?? 0, changed?.afterUs ?? 0].map(Math.abs));
  const off = offsets.filter((offset) => farthest(offset) >= CLOCK_OFF_US);
  if (off.length === 0) return '';
  const most = greatest(off.map(farthest));
  return (
    `The ${off.length === 1 ? 'clock' : 'clocks'} of ${listWords(off.map(({ host }) => host))} ${off.length === 1 ? 'is' : 'are'} off ` +
    `from the flow log’s by ${off.length === 1 ? '' : 'up to '}${formatDuration(most)}`
  );
}

/** What is said of gaps after the main clause; nothing where nothing is loaded that could have one. */
function gapWords(gaps: number, regular: number, sources: number): string {
  if (sources === 0) return '';
  return gaps > 0
    ? `; there ${gaps === 1 ? 'is' : 'are'} ${countWords(gaps, regular)}`
    : '; no gap was found';
}
