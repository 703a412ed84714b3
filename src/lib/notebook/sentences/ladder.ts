import { placeWords } from '../../analysis/place-words';
import { greatest } from '../../base/extremes';
import { listUnder } from '../../base/lists';
import type { Findings, LadderFinding, Rung, Statement } from '../../analysis/findings';
import { plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { listWords, minuteUtc, rungWords } from './words';

/** Talked to a service that is held to ask for no login. */
const LET_IN = 5;
/** Pairs of an actor and a service that are told one by one. */
const MOST_TOLD = 50;

/** How far anyone got, service by service, and how far the logs could have shown. */
export function describeLadder(findings: Findings): CellText {
  const strangers = findings.ladder.filter((entry) => entry.standing !== 'known');
  const top = greatest(
    strangers.map((entry) => entry.rung),
    -1,
  ) as Rung;
  const reached = strangers.filter((entry) => entry.rung === top);
  const high = strangers
    .filter((entry) => entry.rung >= LET_IN)
    .sort((a, b) => b.rung - a.rung || a.atUs - b.atUs);
  const single = high.filter((entry) => !isOfTheCrowd(entry));
  const details: Statement[] = single.slice(0, MOST_TOLD).map((entry) => ({
    text:
      `${entry.actor} (${entry.standing}) reached ${rungWords(entry.rung, entry.inferred)} on ${placeWords(entry)}, first at ${minuteUtc(entry.atUs)}. ` +
      entry.why.map((statement) => statement.text).join(' '),
    rows: entry.why.flatMap((statement) => statement.rows ?? []),
  }));
  if (single.length > MOST_TOLD) {
    details.push({
      text: `${plural(single.length - MOST_TOLD, 'more entry', 'more entries')} of that kind: see the findings in JSON.`,
    });
  }
  details.push(...crowds(findings, high));
  for (const row of findings.ladderRows) {
    if (row.ceiling >= 6) continue;
    details.push({
      text: `${placeWords(row)}: nothing ${row.ceiling < 0 ? '' : `above ${rungWords(row.ceiling)} `}could have been seen there with what is loaded.`,
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
            `${listWords([...new Set(reached.map((entry) => placeWords(entry)))])}.`,
    },
    details,
    caveats: caveatsOf(findings, 'ladder'),
  };
}

/** Let in by what the service is held to be, and nothing more: of such there are hundreds, and they are counted. Whoever is quiet is told by name. */
function isOfTheCrowd({ standing, rung, inferred }: LadderFinding): boolean {
  return inferred && rung === LET_IN && standing !== 'quiet';
}

/** A sentence a service for those that are counted. The findings list only some of them; the matrix of rungs counts all. */
function crowds({ ladderRows }: Findings, high: readonly LadderFinding[]): Statement[] {
  const services = new Map<string, LadderFinding[]>();
  for (const entry of high) {
    const place = placeWords(entry);
    listUnder(services, place, entry);
  }
  const rows = new Map(ladderRows.map((row) => [placeWords(row), row]));
  return [...services].flatMap(([place, entries]) => {
    const crowd = entries.filter(isOfTheCrowd);
    const [first] = crowd;
    if (!first) return [];
    const row = rows.get(place);
    const others = entries.length - crowd.length;
    const count = Math.max(crowd.length, (row?.actors[LET_IN] ?? 0) - others);
    const why = first.why
      .map(({ text }) => text)
      .filter((text) => crowd.every((entry) => entry.why.some((statement) => statement.text === text)));
    const port = Number.parseInt(first.service, 10);
    return {
      text:
        `${plural(count, others > 0 ? 'more actor' : 'actor')} reached ${rungWords(LET_IN, true)} on ${place}, the first at ` +
        `${minuteUtc(first.atUs)}. ${why.join(' ')}`.trimEnd(),
      rows: [
        {
          table: 'flows' as const,
          asset: first.asset,
          ...(Number.isFinite(port) && { port }),
          ...(count === crowd.length && { actors: crowd.map(({ actor }) => actor) }),
        },
      ],
    };
  });
}
