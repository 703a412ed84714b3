import { greatest } from '../../base/extremes';
import type { Findings, Rung, Statement } from '../../analysis/findings';
import { plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { listWords, minuteUtc, rungWords } from './words';

/** How far anyone got, service by service, and how far the logs could have shown. */
export function describeLadder(findings: Findings): CellText {
  const strangers = findings.ladder.filter((entry) => entry.standing !== 'known');
  const top = greatest(
    strangers.map((entry) => entry.rung),
    -1,
  ) as Rung;
  const reached = strangers.filter((entry) => entry.rung === top);
  const high = strangers
    .filter((entry) => entry.rung >= 5)
    .sort((a, b) => b.rung - a.rung || a.atUs - b.atUs)
    .slice(0, 50);
  const details: Statement[] = high.map((entry) => ({
    text:
      `${entry.actor} (${entry.standing}) reached ${rungWords(entry.rung, entry.inferred)} on ${entry.asset} ${entry.service}, first at ${minuteUtc(entry.atUs)}. ` +
      entry.why.map((statement) => statement.text).join(' '),
    rows: entry.why.flatMap((statement) => statement.rows ?? []),
  }));
  for (const row of findings.ladderRows) {
    if (row.ceiling >= 6) continue;
    details.push({
      text: `${row.asset} ${row.service}: nothing above ${row.ceiling < 0 ? 'nothing at all' : rungWords(row.ceiling)} could have been seen there with what is loaded.`,
    });
  }
  return {
    id: 'ladder',
    question: 'How far did access get, and how far could the logs have shown?',
    finding: {
      text:
        top < 0
          ? 'No access from outside is seen in what is loaded.'
          : `The highest is ${rungWords(
              top,
              reached.every((entry) => entry.inferred),
            )}, reached by ${plural(new Set(reached.map((entry) => entry.actor)).size, 'actor')} on ` +
            `${listWords([...new Set(reached.map((entry) => `${entry.asset} ${entry.service}`))])}.`,
    },
    details,
    caveats: caveatsOf(findings, 'ladder'),
  };
}
