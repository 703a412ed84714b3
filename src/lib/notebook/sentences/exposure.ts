import { greatest, least } from '../../base/extremes';
import type { ExposureFinding, Findings, Statement } from '../../analysis/findings';
import { formatDuration, plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { listWords, windowWords } from './words';

/** Which services could be reached from outside, when, and on what that rests. */
export function describeExposure(findings: Findings): CellText {
  const { exposure } = findings;
  const assets = new Set(exposure.map((window) => window.asset));
  const services = servicesOf(exposure);
  const flagged = servicesOf(exposure.filter((window) => window.flags.length > 0));
  const opened = least(exposure.map((window) => window.openedUs).filter(Number.isFinite));
  const closed = greatest(exposure.map((window) => window.closedUs).filter(Number.isFinite));
  const span = closed - opened;
  const details: Statement[] = exposure.map((window) => ({
    text:
      `${window.asset} ${window.service}: reachable ${windowWords(window.openedUs, window.closedUs, window)}; ` +
      `${plural(window.sessions, 'session')} from ${plural(window.actors, 'outside actor')} inside that time. ` +
      `Basis: ${window.basis.map((basis, index) => `(${index + 1}) ${basis.text}`).join('; ') || 'none given'}.` +
      (window.flags.length > 0 ? ` Note: ${window.flags.join('; ')}.` : ''),
    rows: window.basis.flatMap((basis) => basis.rows ?? []),
  }));
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
            (flagged > 0
              ? ` For ${flagged < services ? plural(flagged, 'of them', 'of them') : services === 1 ? 'it' : 'all of them'} the evidence disagrees or names more than was meant.`
              : ''),
    },
    details,
    caveats: caveatsOf(findings, 'exposure'),
  };
}

/** One that was opened twice has two windows, and is one service. */
function servicesOf(windows: readonly ExposureFinding[]): number {
  return new Set(windows.map(({ asset, service }) => `${service} ${asset}`)).size;
}
