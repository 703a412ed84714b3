import { greatest } from '../../src/lib/base/extremes';
import type { AnswerFinding, ExposureFinding, Findings, VerdictWord } from '../../src/lib/analysis/findings';
import { parseIsoUtc } from '../../src/lib/base/time';
import { Draw } from '../scenarios/draw';
import type { Truth, TruthVerdict } from '../scenarios/truth';
import { smoothedDecoyP } from './calibration';

/** One quiet actor of the truth, and what the analysis made of it. */
export interface QuietOutcome {
  readonly actor: string;
  readonly label: string;
  readonly isVisible: boolean;
  /** Actors that are not quiet in truth and stand before it; null: not among the quiet and not marked as having succeeded. */
  readonly before: number | null;
}

export interface VerdictCounts {
  readonly judged: number;
  readonly right: number;
  /** `not queried` although data was read. */
  readonly falseAssurances: number;
  /** `queried` although nothing was read. */
  readonly falseAlarms: number;
}

/** How the exposed services of a case end, by the answer's word; `none`: no answer, though the logs show that outsiders could reach it. */
export type Endings = Readonly<Record<VerdictWord | 'none', number>>;

/** How the campaigns found go with those of the truth. */
export interface CampaignCounts {
  /** Actors in campaigns found, and those of them that come from where most of their campaign do. */
  readonly members: number;
  readonly ofOneOrigin: number;
  /**
   * Bots of true campaigns that were called noise, and those of them that stand in the largest part of theirs. Findings list so much noise and no
   * more: where there is more, all bots of the campaigns, so that the share is no larger than it looks.
   */
  readonly bots: number;
  readonly together: number;
}

export interface CaseMeasures {
  readonly quiet: readonly QuietOutcome[];
  readonly noise: { readonly flagged: number; readonly right: number };
  readonly days: VerdictCounts;
  readonly services: VerdictCounts;
  /** Of a case without an intrusion, its services of which nobody read; else null. */
  readonly endings: Endings | null;
  readonly campaigns: CampaignCounts;
  /** Accounts that intruders made and a log tells of, and those among the changes that the notebook lists. */
  readonly accounts: { readonly made: number; readonly listed: number };
  /** Erased stretches that could have been seen, those found; hosts without any, those accused. */
  readonly erased: {
    readonly orders: number;
    readonly found: number;
    readonly clean: number;
    readonly accused: number;
  };
  /** Absolute, in minutes: the window as a whole, and by each basis. */
  readonly windowErrors: readonly number[];
  readonly changeErrors: readonly number[];
  readonly trafficErrors: readonly number[];
  /** Ends that traffic holds between two calls: how many, how many of them truly lie there, and how far apart the calls are. */
  readonly bounds: { readonly stated: number; readonly held: number; readonly widths: readonly number[] };
  /** Absolute, in seconds, drift taken at the middle of the case. */
  readonly clockErrors: readonly number[];
  /** With ties shared out; null: no quiet actor, or no noise. */
  readonly decoyP: number | null;
  readonly misses: readonly string[];
}

/** Names in findings may be any alias of an asset: the truth's name for each. */
export function assetNames(truth: Truth, findings: Findings): (name: string) => string {
  const byAlias = new Map<string, string>();
  for (const { asset, addresses, interfaceId, instanceId } of truth.assets)
    for (const alias of [asset, ...addresses, interfaceId, instanceId])
      byAlias.set(alias.toLowerCase(), asset);
  for (const found of findings.assets) {
    const aliases = [found.asset, ...found.aliases, ...found.addresses];
    const name = aliases.map((alias) => byAlias.get(alias.toLowerCase())).find((each) => each !== undefined);
    const key = found.asset.toLowerCase();
    if (name !== undefined && !byAlias.has(key)) byAlias.set(key, name);
  }
  return (name) => byAlias.get(name.toLowerCase()) ?? name;
}

function quietOutcomes(truth: Truth, findings: Findings): QuietOutcome[] {
  const isQuiet = new Set(truth.actors.quiet.map(({ actor }) => actor));
  return truth.actors.quiet.map(({ actor, label, isVisible }) => {
    const found = findings.actors.find((each) => each.actor === actor);
    const rank = found?.quietRank ?? null;
    if (rank === null) return { actor, label, isVisible, before: found?.succeeded === true ? 0 : null };
    const before = findings.actors.filter(
      (each) => each.quietRank !== null && each.quietRank < rank && !isQuiet.has(each.actor),
    ).length;
    return { actor, label, isVisible, before };
  });
}

function noisePrecision(truth: Truth, findings: Findings): { flagged: number; right: number } {
  const noise = new Set(Object.values(truth.actors.noise).flat());
  // A guesser who got in is both: to call it noise is right as long as the success is marked.
  const guessers = new Set(
    truth.actors.quiet.filter(({ label }) => label === 'guessed in').map(({ actor }) => actor),
  );
  const flagged = findings.actors.filter((each) => each.standing === 'noise');
  const right = flagged.filter(
    (each) => noise.has(each.actor) || (guessers.has(each.actor) && each.succeeded),
  );
  return { flagged: flagged.length, right: right.length };
}

/** Scanners of the Internet's background are no campaign, though they may do just the same as one another. */
const UNRELATED = 'background';

function campaignCounts(truth: Truth, findings: Findings): CampaignCounts {
  const labelOf = new Map<string, string>();
  for (const [label, actors] of Object.entries(truth.actors.noise))
    for (const actor of actors) labelOf.set(actor, label);
  const counts = { members: 0, ofOneOrigin: 0, bots: 0, together: 0 };
  const largest = new Map<string, number>();
  for (const { actors } of findings.campaigns) {
    const byLabel = new Map<string, number>();
    for (const actor of actors) {
      const label = labelOf.get(actor) ?? actor;
      byLabel.set(label, (byLabel.get(label) ?? 0) + 1);
    }
    counts.members += actors.length;
    counts.ofOneOrigin += greatest(byLabel.values());
    for (const [label, count] of byLabel) largest.set(label, Math.max(count, largest.get(label) ?? 0));
  }
  const noise = new Set(
    findings.actors.filter(({ standing }) => standing === 'noise').map(({ actor }) => actor),
  );
  const isListed = noise.size >= findings.totals.noiseActors;
  for (const [label, actors] of Object.entries(truth.actors.noise)) {
    if (label === UNRELATED) continue;
    counts.bots += isListed ? actors.filter((actor) => noise.has(actor)).length : actors.length;
    counts.together += largest.get(label) ?? 0;
  }
  return counts;
}

function endingsOf(truth: Truth, findings: Findings, nameOf: (name: string) => string): Endings | null {
  if (truth.actors.quiet.length > 0) return null;
  const endings = { queried: 0, 'not queried within coverage': 0, 'cannot tell': 0, none: 0 };
  for (const { asset, service, isKnownOpen, dataRead } of truth.services) {
    // By rightful users whom nobody declared: that is no intrusion, and rightly told.
    if (dataRead) continue;
    const answer = findings.answers.find((each) => nameOf(each.asset) === asset && each.service === service);
    if (answer) endings[answer.verdict] += 1;
    else if (isKnownOpen) endings.none += 1;
  }
  return endings;
}

interface Said {
  readonly asset: string;
  readonly service: string;
  readonly verdict: VerdictWord;
  readonly day?: string;
}

function verdictCounts(
  expected: readonly (TruthVerdict & { day?: string })[],
  said: readonly Said[],
  nameOf: (name: string) => string,
  misses: string[],
): VerdictCounts {
  const byKey = new Map(
    said.map((each) => [`${nameOf(each.asset)} ${each.service} ${each.day ?? ''}`, each.verdict]),
  );
  const counts = { judged: 0, right: 0, falseAssurances: 0, falseAlarms: 0 };
  for (const truth of expected) {
    const key = `${truth.asset} ${truth.service} ${truth.day ?? ''}`;
    const word = byKey.get(key);
    if (word === undefined && !truth.isKnownOpen) continue;
    counts.judged += 1;
    if (word !== undefined && truth.acceptable.includes(word)) counts.right += 1;
    else misses.push(`verdict ${key}: ${word ?? 'none'}, truth ${truth.verdict}`);
    if (word === 'not queried within coverage' && truth.dataRead) counts.falseAssurances += 1;
    if (word === 'queried' && !truth.dataRead) counts.falseAlarms += 1;
  }
  return counts;
}

/** Whether anything that the integrity check says of this asset lies over the erased stretch. */
function isFound(
  erasure: Truth['erased'][number],
  findings: Findings,
  nameOf: (name: string) => string,
): boolean {
  const hour = 3_600_000_000;
  const overlaps = (each: { fromUs: number; toUs: number }): boolean =>
    [erasure, ...(erasure.inLog ? [erasure.inLog] : [])].some(
      ({ from, to }) => each.fromUs < parseIsoUtc(to) + hour && each.toUs > parseIsoUtc(from) - hour,
    );
  return (
    findings.integrity.contradictions.some(
      (each) => nameOf(each.asset) === erasure.asset && overlaps(each),
    ) ||
    findings.integrity.gaps.some(
      (each) =>
        each.asset !== null &&
        nameOf(each.asset) === erasure.asset &&
        each.source === erasure.source &&
        overlaps(each),
    )
  );
}

function erasedCounts(
  truth: Truth,
  findings: Findings,
  nameOf: (name: string) => string,
  misses: string[],
): CaseMeasures['erased'] {
  const erased = truth.erased.filter((each) => each.lines > 0);
  const tellable = erased.filter((each) => each.isTellable);
  const found = tellable.filter((each) => {
    const isSeen = isFound(each, findings, nameOf);
    if (!isSeen) misses.push(`erasure of ${each.lines} lines in ${each.source} not found`);
    return isSeen;
  });
  const touched = new Set(erased.map(({ asset }) => asset));
  const clean = truth.assets.filter(({ asset }) => !touched.has(asset));
  const accused = clean.filter(({ asset }) =>
    findings.integrity.contradictions.some(
      (each) => nameOf(each.asset) === asset && each.kind !== 'missing flows',
    ),
  );
  for (const { asset } of accused) misses.push(`contradiction on ${asset}, where nothing was erased`);
  return { orders: tellable.length, found: found.length, clean: clean.length, accused: accused.length };
}

function accountCounts(truth: Truth, findings: Findings, misses: string[]): CaseMeasures['accounts'] {
  const listed = truth.accounts.filter(({ asset, account, at }) => {
    const isListed = findings.aftermath.changes.some(
      (each) => each.kind === 'userCreated' && each.target === account,
    );
    if (!isListed) misses.push(`account ${account} made on ${asset} at ${at} not listed`);
    return isListed;
  });
  return { made: truth.accounts.length, listed: listed.length };
}

type SaidWindow = Pick<ExposureFinding, 'openedUs' | 'closedUs' | 'opening' | 'closing'>;

function windowErrors(
  truth: Truth,
  findings: Findings,
  nameOf: (name: string) => string,
): Pick<CaseMeasures, 'windowErrors' | 'changeErrors' | 'trafficErrors' | 'bounds'> {
  const bounds = { stated: 0, held: 0, widths: [] as number[] };
  const errors = {
    windowErrors: [] as number[],
    changeErrors: [] as number[],
    trafficErrors: [] as number[],
  };
  const minutes = (a: number, b: number): number => Math.abs(a - b) / 60_000_000;
  for (const { asset, port, opened, closed } of truth.exposure) {
    const found = findings.exposure.find((each) => nameOf(each.asset) === asset && each.port === port);
    if (!found) continue;
    const ends = [parseIsoUtc(opened), closed === null ? Number.NaN : parseIsoUtc(closed)] as const;
    const push = (into: number[], each: SaidWindow): void => {
      const opened = each.opening?.likelyUs ?? each.openedUs;
      const closed = each.closing?.likelyUs ?? each.closedUs;
      for (const error of [minutes(opened, ends[0]), minutes(closed, ends[1])])
        if (Number.isFinite(error)) into.push(error);
    };
    push(errors.windowErrors, found);
    for (const basis of found.basis) {
      if (basis.kind === 'change') push(errors.changeErrors, basis);
      if (basis.kind !== 'traffic') continue;
      push(errors.trafficErrors, basis);
      addBounds(bounds, basis, ends);
    }
  }
  return { ...errors, bounds };
}

/** Flow logs give whole seconds. */
const BOUND_SLACK_US = 1_000_000;

function addBounds(
  bounds: { stated: number; held: number; widths: number[] },
  { opening, closing }: SaidWindow,
  ends: readonly [number, number],
): void {
  for (const [said, us] of [
    [opening, ends[0]],
    [closing, ends[1]],
  ] as const) {
    if (!said) continue;
    bounds.stated += 1;
    bounds.widths.push((said.toUs - said.fromUs) / 60_000_000);
    if (us >= said.fromUs - BOUND_SLACK_US && us <= said.toUs + BOUND_SLACK_US) bounds.held += 1;
  }
}

function clockErrors(truth: Truth, findings: Findings, nameOf: (name: string) => string): number[] {
  const days = (parseIsoUtc(truth.to) - parseIsoUtc(truth.from)) / 86_400_000_000;
  return findings.integrity.clockOffsets.flatMap((found) => {
    const host = truth.clockOffsets.find(
      ({ asset }) => asset === nameOf(found.host) || asset === nameOf(found.asset),
    );
    if (!host) return [];
    const middle = host.offsetSeconds + (host.driftPpm * 86_400e-6 * days) / 2;
    return [Math.abs(found.offsetUs / 1_000_000 - middle)];
  });
}

/** Holds what the analysis said against what happened. */
export function measureCase(truth: Truth, findings: Findings): CaseMeasures {
  const nameOf = assetNames(truth, findings);
  const misses: string[] = [];
  const quiet = quietOutcomes(truth, findings);
  for (const each of quiet)
    if (each.isVisible && (each.before === null || each.before >= 3))
      misses.push(
        `${each.label} ${each.actor}: ${each.before === null ? 'not among the quiet' : `${each.before} before it`}`,
      );
  const answers: readonly AnswerFinding[] = findings.answers;
  return {
    quiet,
    noise: noisePrecision(truth, findings),
    days: verdictCounts(truth.verdicts, findings.verdicts, nameOf, misses),
    services: verdictCounts(truth.services, answers, nameOf, misses),
    endings: endingsOf(truth, findings, nameOf),
    campaigns: campaignCounts(truth, findings),
    erased: erasedCounts(truth, findings, nameOf, misses),
    accounts: accountCounts(truth, findings, misses),
    ...windowErrors(truth, findings, nameOf),
    clockErrors: clockErrors(truth, findings, nameOf),
    decoyP: smoothedDecoyP(findings.decoy, new Draw(truth.seed).fork('decoy ties').uniform()),
    misses,
  };
}
