import { isCloudAnswer } from '../../analysis/cloud-services';
import type { AnswerFinding, Findings, Statement } from '../../analysis/findings';
import { listUnder } from '../../base/lists';
import { formatCount, plural } from '../../base/units';
import type { CellText } from '../sentences';
import { answerSubject, daysWords, listWords, readDays, rungWords, windowWords } from './words';

/** One service's verdict as a sentence that claims no more than the rung, the ceiling and the days allow. */
export function answerSentence(answer: AnswerFinding, findings: Pick<Findings, 'verdicts'>): string {
  const subject = answerSubject(answer);
  const reachable = isCloudAnswer(answer)
    ? 'It is open to whoever holds a credential.'
    : `It was reachable ${windowWords(answer.openedUs, answer.closedUs, answer)}.`;
  const { queried, 'cannot tell': unclear } = answer.days;
  switch (answer.verdict) {
    case 'queried': {
      const days = readDays(findings, answer);
      return (
        `${subject} was queried: ${listWords(answer.actors)} reached ${rungWords(answer.rung, answer.inferred)}` +
        ` on ${days.length > 0 ? daysWords(days) : plural(queried, 'day')}. ${reachable}` +
        (unclear > 0 ? ` For ${plural(unclear, 'further day')} nobody can tell.` : '')
      );
    }
    case 'not queried within coverage':
      return (
        `${subject} was not queried within coverage: the highest seen was ${rungWords(answer.rung, answer.inferred)},` +
        ` and complete logs that could have shown ${rungWords(answer.ceiling)} cover every exposed day. ${reachable}`
      );
    case 'cannot tell':
      return (
        `${subject}: cannot tell. ${
          answer.inferred && answer.rung > answer.ceiling
            ? `Concluded, not seen, is ${rungWords(answer.rung)}; by themselves`
            : `The highest seen was ${rungWords(answer.rung, answer.inferred)};`
        } the loaded logs could have shown at most ` +
        `${answer.ceiling < 0 ? 'nothing' : rungWords(answer.ceiling)}` +
        (answer.ceiling >= 6 ? `, and not for all of the exposed time` : '') +
        `. ${reachable}`
      );
  }
}

/** The answer on top: a sentence a service, then what evidence would settle what is open. */
export function describeAnswer(findings: Findings): CellText {
  const details: Statement[] = findings.answers.map((answer) => ({
    text: answerSentence(answer, findings),
    rows: answer.why.flatMap((statement) => statement.rows ?? []),
  }));
  return { ...answerInOne(findings), details };
}

/** The answer in one sentence, of all services together. */
export function answerInOne(findings: Findings): Omit<CellText, 'details'> {
  return {
    id: 'answer',
    question: 'Was data queried while a service was exposed?',
    finding: { text: headline(findings) },
    caveats: findings.caveats.filter((caveat) => caveat.cell === 'answer').map((caveat) => caveat.text),
  };
}

/** Cloud services of one kind and verdict that are one line: an account's thirteen buckets of which nobody can tell are one matter. */
export interface AnswerGroup {
  /** What the group is called; a single answer has its own name. */
  readonly title: string;
  readonly answers: readonly AnswerFinding[];
}

const SPELLED_OUT = 3;
/** From so many on, cloud services that ended alike stand in one line. */
const MANY_ALIKE = 3;

function manyOf(count: number, service: string): string {
  return `${formatCount(count)} ${service === 's3' || service === 'storage' ? `${service} buckets` : `holders of ${service}`}`;
}

/** Answers in their order, cloud services of one kind that ended alike in one group. What was queried always stands alone. */
export function groupAnswers(answers: readonly AnswerFinding[]): AnswerGroup[] {
  const alike = (answer: AnswerFinding): string => `${answer.service} ${answer.verdict}`;
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(alike(answer), (counts.get(alike(answer)) ?? 0) + 1);
  const groups = new Map<string, [AnswerFinding, ...AnswerFinding[]]>();
  for (const answer of answers) {
    const isJoined =
      answer.verdict !== 'queried' && isCloudAnswer(answer) && (counts.get(alike(answer)) ?? 0) >= MANY_ALIKE;
    const key = isJoined ? alike(answer) : `${answer.asset} ${alike(answer)}`;
    const group = groups.get(key);
    if (group) group.push(answer);
    else groups.set(key, [answer]);
  }
  return [...groups.values()].map((members) => ({
    title: members.length === 1 ? answerSubject(members[0]) : manyOf(members.length, members[0].service),
    answers: members,
  }));
}

/** Titles, those of one account's services together: its name once is enough. */
function subjectsOf(groups: readonly AnswerGroup[]): string[] {
  const byHolder = new Map<string, string[]>();
  for (const { title, answers } of groups) {
    const [first] = answers;
    const isJoined = answers.length === 1 && isCloudAnswer(first);
    const key = isJoined ? first.asset : title;
    listUnder(byHolder, key, isJoined ? first.service : '');
  }
  return [...byHolder].map(([name, services]) => {
    if (services.length === 1) return services[0] === '' ? name : `${name} ${services[0]}`;
    return `${listWords(services)} of ${name}`;
  });
}

/** What would settle all of a group, the first few spelled out. */
export function missingOf({ answers }: AnswerGroup): string {
  const missing = [...new Set(answers.flatMap((answer) => answer.missing))];
  const more = missing.length - SPELLED_OUT;
  return (
    missing.slice(0, SPELLED_OUT).join(' ') + (more > 0 ? ` And ${formatCount(more)} more like these.` : '')
  );
}

function headline(findings: Findings): string {
  const { answers, sources } = findings;
  if (sources.length === 0) return 'No logs are loaded yet. Drop flow logs and auth logs to get an answer.';
  if (answers.length === 0) {
    return 'No exposed service was found in what is loaded. Load flow logs or the change log of the firewall, or set the exposure by hand.';
  }
  const groups = groupAnswers(answers);
  const of = (verdict: AnswerFinding['verdict'], isInferred?: boolean): string[] =>
    subjectsOf(
      groups.filter(
        ({ answers: [first] }) =>
          first.verdict === verdict && (isInferred === undefined || first.inferred === isInferred),
      ),
    );
  const queried = of('queried', false);
  const concluded = of('queried', true);
  const unclear = of('cannot tell');
  const clear = of('not queried within coverage');
  const parts: string[] = [];
  if (queried.length > 0) parts.push(`Data was queried on ${listWords(queried)}`);
  if (concluded.length > 0) {
    parts.push(
      `${parts.length > 0 ? 't' : 'T'}hat data was queried on ${listWords(concluded)} is inferred from an accepted login and the bytes sent, not seen`,
    );
  }
  if (clear.length > 0) {
    parts.push(`${parts.length > 0 ? 'n' : 'N'}o data was queried within coverage on ${listWords(clear)}`);
  }
  if (unclear.length > 0) {
    parts.push(`${parts.length > 0 ? 'f' : 'F'}or ${listWords(unclear)} the loaded logs cannot tell`);
  }
  return `${parts.join('; ')}.`;
}
