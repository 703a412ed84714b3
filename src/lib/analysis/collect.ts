import { formatCount, formatDuration } from '../base/units';
import { standingWord, type listActors } from './actor-findings';
import type { ExtraAlias } from './assets';
import { caveatsOf } from './caveats';
import type { Ground } from './context';
import type { Comparison } from './control-group';
import type { Coverage } from './coverage';
import type { Evidence } from './evidence';
import type { AssetFinding, Findings, LadderFinding } from './findings';
import type { Bench, Laid } from './ground';
import type { Contradictions } from './integrity';
import type { Ladder } from './ladder';
import type { Noise } from './noise';
import type { ServiceProfile } from './parameters';
import type { Quiet } from './quiet';
import type { decideVerdicts } from './verdict';

export interface Judged {
  readonly noise: Noise;
  readonly campaigns: Findings['campaigns'];
}

/** Results that several later questions need. */
export interface Questions {
  readonly laid: Laid;
  readonly coverage: Coverage;
  readonly judged: Judged;
  readonly comparison: Comparison;
  readonly ladder: Ladder;
  readonly quiet: Quiet;
  readonly integrity: Contradictions;
}

export interface Late {
  readonly noise: Noise;
  readonly verdicts: ReturnType<typeof decideVerdicts>;
  readonly aftermath: Findings['aftermath'];
  readonly rotation: Findings['rotation'];
  readonly decoy: Findings['decoy'];
  readonly timeline: Findings['timeline'];
  readonly listed: ReturnType<typeof listActors>;
}

/** Puts the answers of all questions together. */
export function collect(
  bench: Bench,
  aliases: readonly ExtraAlias[],
  { coverage, judged, ladder, comparison, integrity }: Questions,
  { noise, verdicts, aftermath, rotation, decoy, timeline, listed }: Late,
): Findings {
  const { ground } = bench;
  const { evidence, parameters, thresholds } = ground;
  const { contradictions, clockOffsets } = integrity;
  const { actors, leftOut, counts } = listed;
  return {
    parameters,
    thresholds,
    inferred: inferredOf(bench, aliases, evidence),
    sources: evidence.sources,
    assets: listAssets(bench),
    services: listServices(bench),
    exposure: bench.exposure.findings,
    actors,
    campaigns: judged.campaigns,
    controlGroups: comparison.groups,
    ladder: withStandings(ladder.ladder, noise, ground),
    ladderRows: ladder.rows,
    ...inOrderOfRank(verdicts, actors),
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
}

/** Who is named first is who is looked into first: those who fit the noise least. Verdicts are reached before anyone is ranked. */
function inOrderOfRank(
  { verdicts, answers }: Late['verdicts'],
  listed: Findings['actors'],
): Late['verdicts'] {
  const ranks = new Map(listed.map(({ actor, quietRank }) => [actor, quietRank ?? Infinity]));
  const rankOf = (actor: string): number => ranks.get(actor) ?? Infinity;
  const ordered = <T extends { readonly actors: readonly string[] }>(finding: T): T => {
    const actors = [...finding.actors].sort((a, b) => {
      const [one, other] = [rankOf(a), rankOf(b)];
      return one === other ? 0 : one - other;
    });
    return { ...finding, actors };
  };
  return { verdicts: verdicts.map(ordered), answers: answers.map(ordered) };
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
