import { isCloudAnswer } from '../../analysis/cloud-services';
import type { AnswerFinding, Findings, Statement } from '../../analysis/findings';
import { plural } from '../../base/units';
import type { CellText } from '../sentences';
import { answerSubject, listWords, rungWords, windowWords } from './words';

/** One service's verdict as a sentence that claims no more than the rung, the ceiling and the days allow. */
export function answerSentence(answer: AnswerFinding): string {
  const subject = answerSubject(answer);
  const reachable = isCloudAnswer(answer)
    ? 'It is open to whoever holds a credential.'
    : `It was reachable ${windowWords(answer.openedUs, answer.closedUs, answer)}.`;
  const { queried, 'cannot tell': unclear } = answer.days;
  switch (answer.verdict) {
    case 'queried':
      return (
        `${subject} was queried: ${listWords(answer.actors)} reached ${rungWords(answer.rung, answer.inferred)}` +
        ` on ${plural(queried, 'day')}. ${reachable}` +
        (unclear > 0 ? ` For ${plural(unclear, 'further day')} nobody can tell.` : '')
      );
    case 'not queried within coverage':
      return (
        `${subject} was not queried within coverage: the highest seen was ${rungWords(answer.rung, answer.inferred)},` +
        ` and complete logs that could have shown ${rungWords(answer.ceiling)} cover every exposed day. ${reachable}`
      );
    case 'cannot tell':
      return (
        `${subject}: cannot tell. The highest seen was ${rungWords(answer.rung, answer.inferred)}; the loaded logs could have shown at most ` +
        `${answer.ceiling < 0 ? 'nothing' : rungWords(answer.ceiling)}` +
        (answer.ceiling >= 6 ? `, and not for all of the exposed time` : '') +
        `. ${reachable}`
      );
  }
}

/** The answer on top: a sentence a service, then what evidence would settle what is open. */
export function describeAnswer(findings: Findings): CellText {
  const { answers } = findings;
  const details: Statement[] = answers.map((answer) => ({
    text: answerSentence(answer),
    rows: answer.why.flatMap((statement) => statement.rows ?? []),
  }));
  return {
    id: 'answer',
    question: 'Was data queried while a service was exposed?',
    finding: { text: headline(findings) },
    details,
    caveats: findings.caveats.filter((caveat) => caveat.cell === 'answer').map((caveat) => caveat.text),
  };
}

function headline(findings: Findings): string {
  const { answers, sources } = findings;
  if (sources.length === 0) return 'No logs are loaded yet. Drop flow logs and auth logs to get an answer.';
  if (answers.length === 0) {
    return 'No exposed service was found in what is loaded. Load flow logs or the change log of the firewall, or set the exposure by hand.';
  }
  const of = (verdict: AnswerFinding['verdict']) => answers.filter((answer) => answer.verdict === verdict);
  const queried = of('queried');
  const unclear = of('cannot tell');
  const clear = of('not queried within coverage');
  const parts: string[] = [];
  if (queried.length > 0) parts.push(`Data was queried on ${listWords(queried.map(answerSubject))}`);
  if (clear.length > 0) {
    parts.push(
      `${parts.length > 0 ? 'n' : 'N'}o data was queried within coverage on ${listWords(clear.map(answerSubject))}`,
    );
  }
  if (unclear.length > 0) {
    parts.push(
      `${parts.length > 0 ? 'f' : 'F'}or ${listWords(unclear.map(answerSubject))} the loaded logs cannot tell`,
    );
  }
  return `${parts.join('; ')}.`;
}
