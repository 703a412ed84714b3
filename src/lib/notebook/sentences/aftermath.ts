import type { Findings, Statement } from '../../analysis/findings';
import { plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { listWords, minuteUtc, rungWords } from './words';

/** What happened after: returns, new outbound destinations, beacons, changes; what to watch and what to retire. */
export function describeAftermath(findings: Findings): CellText {
  const { returning, outbound, beacons, changes, watchList, retire } = findings.aftermath;
  const details: Statement[] = [
    ...returning.map((entry) => ({
      text: `${entry.actor} at ${minuteUtc(entry.atUs)}: ${entry.text}`,
      rows: [entry.rows],
    })),
    ...outbound.map((entry) => ({ text: entry.text, rows: [entry.rows] })),
    ...beacons.map((beacon) => ({
      text:
        `${beacon.asset} → ${beacon.destination} port ${beacon.port} looks like a beacon: score ${beacon.score.toFixed(2)} ` +
        `(timing ${beacon.ts.toFixed(2)}, size ${beacon.ds.toFixed(2)}, duration ${beacon.dur.toFixed(2)}, histogram ${beacon.hist.toFixed(2)}) over ${plural(beacon.sessions, 'session')}.`,
      rows: [beacon.rows],
    })),
    ...changes.map((change) => ({ text: change.text, rows: [change.rows] })),
    ...retire.map((entry) => ({ text: `Retire ${entry.asset} (${rungWords(entry.rung)}): ${entry.reason}` })),
  ];
  const before = changes.filter(({ isAfter }) => !isAfter);
  const parts = [
    returning.length > 0 ? `${plural(returning.length, 'actor')} came back` : '',
    outboundWords(outbound),
    beacons.length > 0 ? `${plural(beacons.length, 'beacon-like connection')}` : '',
    changeWords(changes.filter(({ isAfter }) => isAfter)),
    before.length > 0 ? `${changeWords(before)} while exposed, before any sign of access` : '',
  ].filter((part) => part !== '');
  return {
    id: 'aftermath',
    question: 'What came after, and what must be watched?',
    finding: {
      text:
        parts.length === 0
          ? 'Nothing that follows from the exposure is seen in what is loaded.'
          : `${parts.join('; ')}.` +
            (watchList.length > 0 ? ` ${plural(watchList.length, 'indicator')} to watch.` : '') +
            (retire.length > 0 ? ` To retire: ${listWords(retire.map((entry) => entry.asset))}.` : ''),
    },
    details,
    caveats: caveatsOf(findings, 'aftermath'),
  };
}

/** Commands run with another's rights are a day's work of any administrator, and no account, key or logging was changed by them. */
function changeWords(changes: Findings['aftermath']['changes']): string {
  const commands = changes.filter(({ kind }) => kind === 'commandRun').length;
  const rest = changes.length - commands;
  return [
    rest > 0 ? plural(rest, 'account, key or logging change') : '',
    commands > 0 ? `${plural(commands, 'command')} run with another’s rights` : '',
  ]
    .filter((part) => part !== '')
    .join(' and ');
}

/** What began after the exposure is only new where flows from before it are loaded. */
function outboundWords(outbound: Findings['aftermath']['outbound']): string {
  const fresh = outbound.filter(({ hasBaseline }) => hasBaseline).length;
  const rest = outbound.length - fresh;
  const known = fresh > 0 ? plural(fresh, 'new outbound destination') : '';
  if (rest === 0) return known;
  const unknown = `${plural(rest, 'outbound destination')} of which no earlier flows tell whether ${rest === 1 ? 'it is' : 'they are'} new`;
  return known === '' ? unknown : `${known} and ${unknown}`;
}
