import type { DecoyFinding, Findings, Statement } from '../../analysis/findings';
import { greatest } from '../../base/extremes';
import { listUnder } from '../../base/lists';
import { formatCount, plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { minuteUtc, probabilityWords } from './words';

/** Whether quiet sessions sit under peaks of noise more often than chance would put them there. */
export function describeDecoy(findings: Findings): CellText {
  const { decoy } = findings;
  const ratio = decoy.expected > 0 ? decoy.observed / decoy.expected : Number.NaN;
  return {
    id: 'decoy',
    question: 'Did the quiet sessions hide under the loud ones?',
    finding: {
      text: decoy.isUsable
        ? `During the ${plural(decoy.sessions, 'quiet session')} the noise ran at ${rateWords(decoy.observed)} events a minute, against ` +
          `${rateWords(decoy.expected)} expected by chance (${Number.isFinite(ratio) ? `${rateWords(ratio)} times` : 'no noise'}; ` +
          `${probabilityWords(decoy.p)} from ${formatCount(decoy.shifts)} circular shifts). ` +
          (decoy.p < 0.05
            ? 'They coincide more than chance explains. Coincidence in time is not intent.'
            : 'That is what chance explains: nothing here speaks for a cover.')
        : `This question cannot be asked here. ${decoy.reason}`,
    },
    details: peaksByMinute(decoy.peaks),
    caveats: caveatsOf(findings, 'decoy'),
  };
}

/** Two digits, so that rates below one a minute stay apart: 0.05 and 0.14 are not both 0.1. */
function rateWords(rate: number): string {
  return rate > 0 && rate < 1 ? String(Number(rate.toPrecision(2))) : rate.toFixed(1);
}

/** Sessions of one actor in one minute lie under one peak of noise. */
function peaksByMinute(peaks: DecoyFinding['peaks']): Statement[] {
  const minutes = new Map<string, DecoyFinding['peaks'][number][]>();
  for (const peak of peaks) {
    const place = `${peak.actor} at ${minuteUtc(peak.atUs)}`;
    listUnder(minutes, place, peak);
  }
  return [...minutes].map(([place, together]) => ({
    text:
      `${place}${together.length > 1 ? `, ${plural(together.length, 'session')}` : ''}: ` +
      `${greatest(together.map(({ perMinute }) => perMinute)).toFixed(1)} noise events a minute around ${together.length > 1 ? 'them' : 'it'}.`,
    rows: together.map(({ rows }) => rows),
  }));
}
