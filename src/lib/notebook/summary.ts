import { isCloudAnswer } from '../analysis/cloud-services';
import type { AnswerFinding, EvidenceWish, Findings, Statement } from '../analysis/findings';
import { givenNetworks, SIDE, sideOf } from '../analysis/own-ranges';
import { parseAddress, type Cidr } from '../base/addresses';
import { greatest, least } from '../base/extremes';
import { formatCount, plural } from '../base/units';
import type { CellId } from './document';
import { clockWords } from './sentences/integrity';
import {
  answerSubject,
  credentialWords,
  daysWords,
  listWords,
  readDays,
  windowWords,
} from './sentences/words';

/** The questions that are asked before anything else, in the order in which they are asked. */
export interface SummaryLine {
  readonly label: 'Who' | 'When' | 'How sure' | 'To change';
  readonly said: Statement;
  /** Where the whole of it stands. */
  readonly cell: CellId;
}

/** What to do to know more, the most useful first. */
export interface NextStep {
  readonly text: string;
  /** Actors of whom only the analyst can say whether they are ours. */
  readonly actors: readonly string[];
}

export interface Summary {
  readonly lines: readonly SummaryLine[];
  readonly next: readonly NextStep[];
}

const FEW = 4;
/** An accepted login, or more: from here on it matters whose an actor is. */
const LET_IN = 5;
const READ = 6;

/** The answer in short: who, when, how sure, what to change, and what to get next. It says no more than the verdicts do. */
export function summarize(findings: Findings): Summary {
  const { answers, sources } = findings;
  const next = sources.length === 0 ? [] : nextSteps(findings);
  if (answers.length === 0) return { lines: [], next };
  const queried = answers.filter(({ verdict }) => verdict === 'queried');
  const to = toChange(findings, queried.length > 0);
  return {
    lines: [
      {
        label: 'Who',
        said: {
          text: who(findings, queried),
          rows: queried.flatMap(({ why }) => why.flatMap(({ rows }) => rows ?? [])),
        },
        cell: 'ladder',
      },
      { label: 'When', said: { text: when(findings, queried) }, cell: 'exposure' },
      { label: 'How sure', said: { text: howSure(findings, queried) }, cell: 'integrity' },
      ...(to === '' ? [] : [{ label: 'To change' as const, said: { text: to }, cell: 'rotation' as const }]),
    ],
    next,
  };
}

function who(findings: Findings, queried: readonly AnswerFinding[]): string {
  if (queried.length > 0) {
    const readers = servicesByActor(
      queried.flatMap((answer) => answer.actors.map((actor) => ({ actor, ...answer }))),
    );
    return `${placesOf(readers)}. ${readers.size === 1 ? 'Not' : 'None of them is'} declared to be yours.`;
  }
  if (findings.answers.every(({ verdict }) => verdict === 'not queried within coverage')) {
    return 'Nobody who is not declared to be yours.';
  }
  const exposed = new Set(findings.answers.map(answerSubject));
  const strangers = findings.ladder.filter(
    (entry) => entry.standing !== 'known' && exposed.has(answerSubject(entry)),
  );
  const suspects = servicesByActor(strangers.filter(({ rung, inferred }) => inferred && rung >= READ));
  const letIn = servicesByActor(strangers.filter(({ rung, inferred }) => !inferred && rung >= LET_IN));
  const open = servicesByActor(strangers.filter(({ rung, inferred }) => inferred && rung === LET_IN));
  const parts = [
    suspects.size > 0 ? `By the bytes sent to them, suspected of having read: ${placesOf(suspects)}` : '',
    letIn.size > 0 ? `Let in, and what they did then is not seen: ${placesOf(letIn)}` : '',
    open.size > 0
      ? `${plural(open.size, 'actor')} talked to services that are held to ask for no login: ${listWords([...new Set([...open.values()].flat())], FEW)}`
      : '',
  ].filter((part) => part !== '');
  return parts.length > 0
    ? `${parts.join('. ')}.`
    : 'Nobody is seen to have been let in; that proves only as much as the logs could have shown.';
}

/** `203.0.113.9 (log-3 22/tcp and log-3 9200/tcp)`, those on most services first. */
function placesOf(services: ReadonlyMap<string, readonly string[]>): string {
  return listWords(
    [...services]
      .sort(([, a], [, b]) => b.length - a.length)
      .map(([actor, places]) =>
        places.length > 2
          ? `${actor} (${formatCount(places.length)} services)`
          : `${actor} (${listWords(places)})`,
      ),
    FEW,
  );
}

function servicesByActor(
  entries: readonly { readonly actor: string; readonly asset: string; readonly service: string }[],
): Map<string, string[]> {
  const services = new Map<string, Set<string>>();
  for (const entry of entries) {
    const places = services.get(entry.actor);
    const place = answerSubject(entry);
    if (places) places.add(place);
    else services.set(entry.actor, new Set([place]));
  }
  return new Map([...services].map(([actor, places]) => [actor, [...places]]));
}

function when(findings: Findings, queried: readonly AnswerFinding[]): string {
  const days = readDays(findings);
  const ports = (queried.length > 0 ? queried : findings.answers).filter((answer) => !isCloudAnswer(answer));
  const isOne = new Set(ports.map(({ openedUs, closedUs }) => `${openedUs} ${closedUs}`)).size === 1;
  const subject =
    ports.length === 1
      ? 'The service was'
      : isOne
        ? 'The services were'
        : 'Taken together, the services were';
  const parts = [
    queried.length > 0 && days.length > 0 ? `Read on ${daysWords(days)} (UTC)` : '',
    ports.length > 0
      ? `${subject} reachable ${windowWords(least(ports.map(({ openedUs }) => openedUs)), greatest(ports.map(({ closedUs }) => closedUs)))}`
      : 'Cloud services are open at all times to whoever holds a credential',
  ].filter((part) => part !== '');
  return `${parts.join('. ')}.`;
}

function howSure({ answers, integrity }: Findings, queried: readonly AnswerFinding[]): string {
  const seen = queried.filter(({ inferred }) => !inferred);
  const inferred = queried.filter((answer) => answer.inferred);
  const days = (word: keyof AnswerFinding['days']): number =>
    answers.reduce((sum, answer) => sum + answer.days[word], 0);
  const unclear = days('cannot tell');
  const all = unclear + days('queried') + days('not queried within coverage');
  const lost = [...new Set(integrity.contradictions.map(({ asset }) => asset))];
  const parts = [
    seen.length > 0 ? `A log shows the read itself on ${listWords(seen.map(answerSubject), FEW)}` : '',
    inferred.length > 0
      ? `On ${listWords(inferred.map(answerSubject), FEW)} it is concluded from an accepted login and the bytes sent, not seen`
      : '',
    unclear === 0
      ? ''
      : unclear === all
        ? answers.some(({ ceiling }) => ceiling >= READ)
          ? 'A read could have been seen on some days, but on none can the loaded logs rule it out'
          : 'The loaded logs could not have shown a read, or its absence, on any day'
        : `For ${formatCount(unclear)} of ${plural(all, 'day')}, counted by service, the loaded logs can tell neither way`,
    unclear === 0 && queried.length === 0 ? 'Complete logs that could have shown a read cover every day' : '',
    lost.length > 0
      ? `On ${listWords(lost)} the logs contradict one another: lines may have been removed`
      : '',
    clockWords(integrity.clockOffsets),
  ].filter((part) => part !== '');
  return `${parts.join('. ')}.`;
}

function toChange({ rotation, aftermath }: Findings, isRead: boolean): string {
  const of = (advice: 'must' | 'should'): string[] => [
    ...new Map(
      rotation
        .filter((entry) => entry.advice === advice)
        .map((entry) => [`${entry.kind} ${entry.hash}`, credentialWords(entry)]),
    ).values(),
  ];
  const must = of('must');
  const should = of('should');
  const retire = aftermath.retire.map(({ asset }) => asset);
  const parts = [
    must.length > 0 ? `${plural(must.length, 'credential')} must change: ${listWords(must, FEW)}` : '',
    should.length > 0 ? `${plural(should.length, 'credential')} should: ${listWords(should, FEW)}` : '',
    isRead ? 'Secrets within the data that was read are not in any log: its owners must name them' : '',
    retire.length > 0 ? `Machines to retire: ${listWords(retire, FEW)}` : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? `${parts.join('. ')}.` : '';
}

function nextSteps(findings: Findings): NextStep[] {
  const { sources, totals } = findings;
  const cut = sources.filter(({ isCut }) => isCut).map(({ name }) => name);
  const load = (text: string): NextStep => ({ text, actors: [] });
  const isCloudOnly =
    findings.answers.length > 0 && findings.answers.every((answer) => isCloudAnswer(answer));
  return [
    ...declarations(findings),
    ...(cut.length > 0
      ? [
          load(
            `Get ${listWords(cut)} again: ${cut.length === 1 ? 'it ends' : 'each ends'} in the middle of a record.`,
          ),
        ]
      : []),
    ...wishes(findings.answers).map(load),
    ...(totals.flows === 0 && !isCloudOnly
      ? [
          load(
            'Load flow logs of the time: they show who connected, when, and how much was sent, whatever a host says.',
          ),
        ]
      : []),
    ...(totals.changes === 0
      ? [
          load(
            'Load the log of changes (CloudTrail, activity or audit log): it shows what opened a port, new keys, and logging that was stopped.',
          ),
        ]
      : []),
    ...(totals.logins === 0
      ? [load('Load login logs (sshd, Windows Security, the identity provider): they show who was let in.')]
      : []),
  ];
}

/** Whether somebody is ours, no log says; as long as nobody does either, staff and intruders look alike. */
function declarations({ ladder, answers, parameters }: Findings): NextStep[] {
  const given = givenNetworks(parameters);
  const exposed = new Set(answers.map(answerSubject));
  const queried = answers.filter(({ verdict }) => verdict === 'queried');
  const asked = servicesByActor([
    ...queried.flatMap((answer) => answer.actors.map((actor) => ({ ...answer, actor }))),
    ...ladder.filter(
      (entry) =>
        entry.standing !== 'known' &&
        entry.rung >= (entry.inferred ? READ : LET_IN) &&
        exposed.has(answerSubject(entry)),
    ),
  ]);
  const actors = [...asked]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([actor]) => actor)
    .filter((actor) => !isOwn(actor, given));
  if (actors.length === 0) return [];
  const isOne = actors.length === 1;
  const text = isOne
    ? 'Say whether this actor is yours: it was let in or sent data, and no log says whose it is.'
    : `Say which of these ${formatCount(actors.length)} actors are yours: they were let in or sent data, and no log says whose they are.`;
  const rest = queried.length === 1 ? 'One verdict rests' : `${formatCount(queried.length)} verdicts rest`;
  return [{ text: queried.length > 0 ? `${text} ${rest} on it.` : text, actors }];
}

/** Of an address of the own networks it need not be asked. */
function isOwn(actor: string, given: readonly Cidr[]): boolean {
  const words = parseAddress(actor);
  return words !== null && sideOf(...words, given) === SIDE.own;
}

const ACTS = { get: 'Get', secure: 'Secure', 'find out': 'Find out' } as const;

/** What would settle most, each wish once for all that it is wished of; the days stand with each service. */
function wishes(answers: readonly AnswerFinding[]): string[] {
  const asked = new Map<string, { readonly wish: EvidenceWish; readonly assets: Set<string> }>();
  for (const answer of answers) {
    for (const wish of answer.wishes) {
      const entry = asked.get(wish.what) ?? { wish, assets: new Set() };
      entry.assets.add(answer.asset);
      asked.set(wish.what, entry);
    }
  }
  const sorted = [...asked.values()].sort((a, b) => b.assets.size - a.assets.size);
  const shown = sorted
    .slice(0, FEW)
    .map(
      ({ wish: { act, what, why }, assets }) =>
        `${ACTS[act]} ${what}, for ${listWords([...assets], FEW)}: ${why}.`,
    );
  const left = sorted.length - shown.length;
  return left > 0
    ? [
        ...shown,
        `Then look for ${plural(left, 'more log')} that would settle less; each stands with its service.`,
      ]
    : shown;
}
