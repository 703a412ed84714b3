import { greatest, least } from '../base/extremes';
import { formatUtcDay } from '../base/time';
import { plural } from '../base/units';
import { isCloudAnswer } from './cloud-services';
import type { AnswerFinding, Findings, RotationFinding, Statement } from './findings';

/**
 * A draft of what customers can be told, made of the verdicts and never saying more than they do: `queried` is told as it is, `cannot
 * tell` as not knowing, and only `not queried within coverage` as having found nothing where logs could have shown it. Names of assets and
 * actors are left out: the text is for outsiders.
 */
export function draftWording(findings: Findings): Statement[] {
  const { answers } = findings;
  if (answers.length === 0) {
    return [
      {
        text: 'The evidence examined so far shows no exposed service. This does not prove that there was none.',
      },
    ];
  }
  const cloud = answers.filter((answer) => isCloudAnswer(answer));
  const ports = answers.filter((answer) => !isCloudAnswer(answer));
  return [
    ...(ports.length > 0
      ? [exposureSentence(ports), ...verdictSentences(ports, 'an unauthorized party', 'service')]
      : []),
    ...(cloud.length > 0
      ? [cloudSentence(cloud), ...verdictSentences(cloud, CLOUD_PARTY, 'cloud service')]
      : []),
    ...rotationSentences(findings.rotation),
    limitSentence(answers),
  ];
}

function exposureSentence(answers: readonly AnswerFinding[]): Statement {
  const opened = answers.map((answer) => answer.openedUs).filter((us) => !Number.isNaN(us));
  const closed = answers.map((answer) => answer.closedUs).filter((us) => !Number.isNaN(us));
  return {
    text: `${plural(answers.length, 'internal service')} could be reached from the Internet${whenWords(
      opened.length < answers.length ? null : formatUtcDay(least(opened)),
      closed.length < answers.length ? null : formatUtcDay(greatest(closed)),
    )}.`,
  };
}

function whenWords(from: string | null, to: string | null): string {
  if (from !== null && to !== null) return ` from ${from} to ${to} (UTC)`;
  if (from !== null) return ` from ${from} (UTC) on; we could not establish when this ended`;
  if (to !== null) return ` from a time that we could not establish until ${to} (UTC)`;
  return '; we could establish neither when this began nor when it ended';
}

/** Whoever calls a cloud service shows a credential: that it was not theirs to use is for the analyst to say. */
const CLOUD_PARTY = 'a party that we have not confirmed to be ours';

function cloudSentence(answers: readonly AnswerFinding[]): Statement {
  return {
    text: `${plural(answers.length, 'cloud service')} that ${answers.length === 1 ? 'holds' : 'hold'} data could be called with a valid credential at any time.`,
  };
}

function verdictSentences(answers: readonly AnswerFinding[], party: string, noun: string): Statement[] {
  const count = (some: number): string => countWords(some, answers.length, noun);
  const of = (word: AnswerFinding['verdict']): readonly AnswerFinding[] =>
    answers.filter((answer) => answer.verdict === word);
  const queried = of('queried');
  const open = of('cannot tell');
  const clear = of('not queried within coverage');
  const statements: Statement[] = [];
  if (queried.length > 0) {
    const seen = queried.filter((answer) => !answer.inferred).length;
    statements.push({
      text:
        seen > 0
          ? `On ${count(seen)} ${party} read data.`
          : `On ${count(queried.length)} ${party} logged in and, judging by the amount of data sent, read data.`,
      rows: queried.flatMap((answer) => answer.why.flatMap((why) => why.rows ?? [])),
    });
    if (seen > 0 && seen < queried.length)
      statements.push({
        text: `On ${count(queried.length - seen)} ${party} logged in and, judging by the amount of data sent, read data.`,
      });
  }
  if (open.length > 0)
    statements.push({
      text:
        `On ${count(open.length)} we do not know whether data was read: our records are not complete enough to rule it out. ` +
        'We therefore act as if it had been.',
    });
  if (clear.length > 0)
    statements.push({
      text: `On ${count(clear.length)} our records cover the whole time and show no access to data by ${party}.`,
    });
  return statements;
}

function countWords(some: number, all: number, noun: string): string {
  if (some === all)
    return some === 1 ? `this ${noun}` : some === 2 ? `both ${noun}s` : `all ${some} ${noun}s`;
  return `${some} of these ${noun}s`;
}

function rotationSentences(rotation: readonly RotationFinding[]): Statement[] {
  const must = new Set(rotation.filter((entry) => entry.advice === 'must').map((entry) => entry.hash)).size;
  const should = new Set(rotation.filter((entry) => entry.advice === 'should').map((entry) => entry.hash))
    .size;
  const statements: Statement[] = [];
  if (must > 0)
    statements.push({
      text: `${plural(must, 'credential')} must be replaced, because ${must === 1 ? 'it was' : 'they were'} within reach of that access.`,
    });
  if (should > 0)
    statements.push({
      text: `${plural(should, 'more credential')} should be replaced, because we cannot rule out that ${should === 1 ? 'it was' : 'they were'} read.`,
    });
  return statements;
}

function limitSentence(answers: readonly AnswerFinding[]): Statement {
  const days = answers.reduce((sum, answer) => sum + answer.days['cannot tell'], 0);
  return {
    text:
      days > 0
        ? `This is what the records examined so far can show; for ${plural(days, 'day')}${answers.length === 1 ? '' : ', counted for each service,'} they can show neither that data was read nor that it was not.`
        : 'This is what the records examined so far can show.',
  };
}
