import { formatCount, formatDuration, plural } from '../base/units';
import { FailureError } from '../base/result';
import { listActors, standingWord } from './actor-findings';
import { findAftermath } from './aftermath';
import type { ExtraAlias } from './assets';
import { findCampaigns } from './campaigns';
import { caveatsOf } from './caveats';
import { compareWithControls } from './control-group';
import type { Ground } from './context';
import { findCoverage } from './coverage';
import { findDecoy } from './decoy';
import type { Evidence } from './evidence';
import type { AssetFinding, Findings, LadderFinding } from './findings';
import { bindNames, layBase, layGround, type Bench } from './ground';
import { findAliases, findContradictions } from './integrity';
import { climbLadder } from './ladder';
import { readClocks, type LogClocks } from './login-matches';
import { findNoise, type Noise } from './noise';
import type { CaseParameters, ServiceProfile } from './parameters';
import { findQuiet } from './quiet';
import type { QueryContext } from './row-query';
import { planRotation } from './rotation';
import { drawTimeline } from './timeline';
import { decideVerdicts } from './verdict';

/** How a long run stays answerable: called between steps, never inside one. */
export interface Control {
  onProgress?(step: string, done: number, total: number): void;
  isCancelled?(): boolean;
}

export const CANCELLED = 'The analysis was cancelled.';

/** The default notebook: every question over all loaded rows. Throws a FailureError with `CANCELLED` when told to stop. */
export function analyze(evidence: Evidence, parameters: CaseParameters, control: Control = {}): Findings {
  return analyzeWithGround(evidence, parameters, control).findings;
}

export interface Analyzed {
  readonly findings: Findings;
  readonly ground: Ground;
  /** What row queries over the same evidence need. */
  readonly context: QueryContext;
}

const STEPS = [
  'sessions',
  'exposure',
  'coverage',
  'noise',
  'ladder',
  'quiet',
  'integrity',
  'verdicts',
  'aftermath',
  'decoy',
  'timeline',
] as const;
type Step = (typeof STEPS)[number];

export interface StepProgress {
  readonly step: Step;
  /** Steps before this one, and all of them. */
  readonly done: number;
  readonly total: number;
}

export function analyzeWithGround(
  evidence: Evidence,
  parameters: CaseParameters,
  control: Control = {},
): Analyzed {
  const steps = analysisSteps(evidence, parameters);
  for (let next = steps.next(); ; next = steps.next()) {
    if (next.done) {
      control.onProgress?.('timeline', STEPS.length, STEPS.length);
      return next.value;
    }
    if (control.isCancelled?.()) throw new FailureError({ what: CANCELLED });
    control.onProgress?.(next.value.step, next.value.done, next.value.total);
  }
}

/** The same, stopping before each step: a worker hears its messages in between, and a run that nobody wants any more is simply left. */
export function* analysisSteps(
  evidence: Evidence,
  parameters: CaseParameters,
): Generator<StepProgress, Analyzed> {
  const begin = (step: Step): StepProgress => ({ step, done: STEPS.indexOf(step), total: STEPS.length });
  yield begin('sessions');
  const base = layBase(evidence, parameters);
  yield begin('exposure');
  let named = bindNames(base);
  // Clocks and matches do not depend on names, so they are read once, before the names are settled.
  const clocks = readClocks(named.ground);
  const aliases = matchedAliases(named.ground, clocks);
  if (aliases.length > 0) named = bindNames(base, aliases);
  const bench = layGround(base, named);
  const { ground } = bench;
  yield begin('coverage');
  const coverage = findCoverage(ground, clocks);
  yield begin('noise');
  const noise = findNoise(bench);
  const campaigns = findCampaigns(bench, noise);
  const { standings } = noise;
  yield begin('ladder');
  const comparison = compareWithControls(ground, standings, gotIn(bench));
  const ladder = climbLadder(ground, standings, coverage, comparison.groups, clocks);
  yield begin('quiet');
  const quiet = findQuiet(bench, noise, ladder, comparison);
  yield begin('integrity');
  const { contradictions, clockOffsets } = findContradictions(ground, standings, clocks);
  yield begin('verdicts');
  const { verdicts, answers } = decideVerdicts(ground, standings, ladder, coverage, contradictions);
  yield begin('aftermath');
  const aftermath = findAftermath(ground, standings, ladder);
  const rotation = planRotation(ground, ladder, coverage, answers);
  yield begin('decoy');
  const decoy = findDecoy(bench, noise);
  yield begin('timeline');
  const timeline = drawTimeline(bench, noise, ladder, quiet);
  const { actors, leftOut, counts } = listActors(bench, noise, ladder, quiet);
  const findings: Findings = {
    parameters,
    thresholds: base.thresholds,
    inferred: inferredOf(bench, aliases, evidence),
    sources: evidence.sources,
    assets: listAssets(bench),
    services: listServices(bench),
    exposure: bench.exposure.findings,
    actors,
    campaigns,
    controlGroups: comparison.groups,
    ladder: withStandings(ladder.ladder, noise, ground),
    ladderRows: ladder.rows,
    verdicts,
    answers,
    coverage: coverage.coverage,
    integrity: { gaps: coverage.gaps, contradictions, clockOffsets },
    decoy,
    aftermath,
    rotation,
    timeline,
    caveats: caveatsOf(bench, noise, comparison.groups, leftOut),
    totals: {
      flows: evidence.tables.flows.rowCount,
      logins: evidence.tables.logins.rowCount,
      queries: evidence.tables.queries.rowCount,
      changes: evidence.tables.changes.rowCount,
      sessions: ground.sessions.count,
      ...counts,
    },
  };
  return { findings, ground, context: { assets: ground.assets, actors: ground.actors } };
}

/** Host names and files that the flows show to be the machine at an address. */
function matchedAliases(ground: Ground, clocks: LogClocks): ExtraAlias[] {
  const { assets, evidence } = ground;
  return findAliases(ground, clocks).map(({ host, source, asset, matches, of }) => {
    const info = evidence.sources.find(({ id }) => id === source);
    const name = host === 0 ? (info?.name ?? '') : evidence.dictionaries.strings.text(host);
    const how =
      of === 'request'
        ? 'fall into a session of their client with it'
        : 'name the address and port of a session with it';
    return {
      host,
      source,
      address: assets.byAddress.indexOf(asset + 1),
      reason: `${plural(matches, of)} of ${name} ${how}`,
    };
  });
}

/** Actors whose sessions are no measure of a failed attempt. */
function gotIn(bench: Bench): Uint8Array {
  return Uint8Array.from(bench.activity.successes, (count) => (count > 0 ? 1 : 0));
}

function listAssets(bench: Bench): AssetFinding[] {
  const { assets, evidence } = bench.ground;
  const addresses: string[][] = Array.from({ length: assets.count }, () => []);
  for (let id = 1; id < assets.byAddress.length; id++)
    if (assets.byAddress[id] !== 0)
      addresses[assets.byAddress[id] - 1].push(evidence.dictionaries.addresses.text(id));
  const exposed = new Set(bench.exposure.findings.map((finding) => finding.asset));
  return assets.names.map((asset, id) => ({
    asset,
    aliases: assets.aliases[id],
    addresses: addresses[id],
    exposed: exposed.has(asset),
    why: assets.why[id],
  }));
}

function listServices(bench: Bench): (ServiceProfile & { asset: string; why: string })[] {
  const { ground } = bench;
  const services = new Map<string, ServiceProfile & { asset: string; why: string }>();
  for (const { asset, port, protocol } of [...ground.exposure, ...ground.cloud]) {
    const key = `${asset}:${port}:${protocol}`;
    if (!services.has(key))
      services.set(key, { ...ground.profileOf(asset, port, protocol), asset: ground.assets.names[asset] });
  }
  return [...services.values()];
}

/** The ladder was climbed before anyone could be called quiet. */
function withStandings(ladder: readonly LadderFinding[], noise: Noise, ground: Ground): LadderFinding[] {
  const words = new Map<string, LadderFinding['standing']>();
  ground.actors.texts.forEach((text, actor) => {
    const standing = standingWord(noise.standings.standing[actor]);
    if (standing === 'quiet') words.set(text, standing);
  });
  return ladder.map((finding) => {
    const standing = words.get(finding.actor);
    return standing === undefined ? finding : { ...finding, standing };
  });
}

function inferredOf(bench: Bench, aliases: readonly ExtraAlias[], evidence: Evidence): string[] {
  const { base, ground } = bench;
  const inferred = [...bench.inferred];
  for (const family of base.stitched.survey.families) {
    if (family.isConversation || base.thresholds.aggregationSeconds > 0) continue;
    inferred.push(
      `Records of ${family.format || 'one flow export'} join to one session over gaps of at most ${formatDuration(family.aggregationUs)}, estimated from the length of its rows.`,
    );
  }
  for (const alias of aliases) inferred.push(`${capitalized(alias.reason)}.`);
  for (const source of evidence.sources)
    for (const text of source.inferred) inferred.push(`${source.name}: ${text}`);
  const { foreign } = base.stitched.leftOut;
  if (foreign > 0)
    inferred.push(
      `${formatCount(foreign)} flow rows run between two addresses that are both not ours and count in no session; name the own networks if that is wrong.`,
    );
  if (ground.exposure.length > 0 && !bench.base.parameters.exposure)
    inferred.push('The exposure is taken from the logs, not given by hand.');
  return inferred;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
