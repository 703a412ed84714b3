import type { ActorFinding, Findings, LadderFinding, LadderRow } from '../analysis/findings';
import { MICROS_PER_DAY, parseIsoUtc } from '../base/time';
import { isEmptySelection, overlaps, type Selection, type TimeRange } from './selection';

/**
 * The findings as the brush and the selection leave them: lists hold only what overlaps the brushed time and concerns what is picked. Pictures
 * on the time axis (`timeline`, `coverage`) stay whole, since they draw the rest as ghosts; so do scores, verdicts' words and sentences, which
 * were reached over the whole case and would not hold for a part of it. The same object when nothing is brushed or picked.
 */
export function focusFindings(findings: Findings, brush: TimeRange | null, selection: Selection): Findings {
  if (!brush && isEmptySelection(selection)) return findings;
  const isPicked = actorFilter(findings, selection);
  const campaignMembers = new Set(
    findings.campaigns.find((campaign) => campaign.id === selection.campaign)?.actors,
  );
  const isActorNamed = (actor: string): boolean =>
    (selection.actor === undefined || selection.actor === actor) &&
    (selection.campaign === undefined || campaignMembers.has(actor));
  const isPlace = (asset: string | null, service?: string): boolean =>
    (selection.asset === undefined || asset === null || selection.asset === asset) &&
    (selection.service === undefined || service === undefined || selection.service === service);
  const isAt = (us: number): boolean => overlaps(us, us, brush);
  const ladder = findings.ladder.filter(
    (entry) =>
      isPlace(entry.asset, entry.service) &&
      isActorNamed(entry.actor) &&
      (selection.rung === undefined || entry.rung >= selection.rung) &&
      isAt(entry.atUs),
  );
  return {
    ...findings,
    ladder,
    ladderRows: findings.ladderRows.map((row) => recount(row, ladder)),
    actors: findings.actors.filter(
      (actor) => overlaps(actor.firstUs, actor.lastUs, brush) && isPicked(actor),
    ),
    campaigns: findings.campaigns.filter(
      (campaign) =>
        overlaps(campaign.firstUs, campaign.lastUs, brush) &&
        (selection.campaign === undefined || selection.campaign === campaign.id) &&
        (selection.actor === undefined || campaign.actors.includes(selection.actor)),
    ),
    controlGroups: findings.controlGroups.filter((group) => isPlace(group.asset, group.service)),
    exposure: findings.exposure.filter(
      (window) => isPlace(window.asset, window.service) && overlaps(window.openedUs, window.closedUs, brush),
    ),
    answers: findings.answers.filter(
      (answer) => isPlace(answer.asset, answer.service) && overlaps(answer.openedUs, answer.closedUs, brush),
    ),
    verdicts: findings.verdicts.filter((verdict) => {
      const dayUs = parseIsoUtc(verdict.day);
      return isPlace(verdict.asset, verdict.service) && overlaps(dayUs, dayUs + MICROS_PER_DAY - 1, brush);
    }),
    integrity: {
      ...findings.integrity,
      gaps: findings.integrity.gaps.filter(
        (gap) => isPlace(gap.asset) && overlaps(gap.fromUs, gap.toUs, brush),
      ),
      contradictions: findings.integrity.contradictions.filter(
        (one) =>
          isPlace(one.asset, one.service) &&
          overlaps(one.fromUs, one.toUs, brush) &&
          (selection.actor === undefined || one.actor === null || one.actor === selection.actor),
      ),
    },
    aftermath: {
      ...findings.aftermath,
      returning: findings.aftermath.returning.filter((one) => isActorNamed(one.actor) && isAt(one.atUs)),
      outbound: findings.aftermath.outbound.filter((one) => isPlace(one.asset) && isAt(one.firstUs)),
      beacons: findings.aftermath.beacons.filter((one) => isPlace(one.asset)),
      changes: findings.aftermath.changes.filter((one) => isAt(one.atUs)),
      retire: findings.aftermath.retire.filter((one) => isPlace(one.asset)),
    },
    rotation: findings.rotation.filter((one) => isPlace(one.asset)),
  };
}

/** Where an actor has been is known only from the ladder: the places and rungs it reached. */
function actorFilter(findings: Findings, selection: Selection): (actor: ActorFinding) => boolean {
  const { asset, service, rung } = selection;
  const needsLadder = asset !== undefined || service !== undefined || rung !== undefined;
  const reached = new Set<string>();
  if (needsLadder) {
    for (const entry of findings.ladder) {
      if (
        (asset === undefined || entry.asset === asset) &&
        (service === undefined || entry.service === service) &&
        (rung === undefined || entry.rung >= rung)
      )
        reached.add(entry.actor);
    }
  }
  return (actor) =>
    (selection.actor === undefined || actor.actor === selection.actor) &&
    (selection.campaign === undefined || actor.campaign === selection.campaign) &&
    (!needsLadder || reached.has(actor.actor));
}

/** A row of the matrix counts, for each rung, the actors that got at least that far. */
function recount(row: LadderRow, ladder: readonly LadderFinding[]): LadderRow {
  const counts = row.actors.map(() => 0);
  for (const entry of ladder) {
    if (entry.asset !== row.asset || entry.service !== row.service) continue;
    for (let rung = 0; rung <= entry.rung && rung < counts.length; rung++)
      counts[rung] = (counts[rung] ?? 0) + 1;
  }
  return { ...row, actors: counts };
}

/** First and last instant of everything in the findings: the page's time axis. Null when no row has a time. */
export function caseRange(findings: Findings): TimeRange | null {
  let fromUs = Number.POSITIVE_INFINITY;
  let toUs = Number.NEGATIVE_INFINITY;
  for (const source of findings.sources) {
    if (Number.isFinite(source.firstUs)) fromUs = Math.min(fromUs, source.firstUs);
    if (Number.isFinite(source.lastUs)) toUs = Math.max(toUs, source.lastUs);
  }
  return fromUs <= toUs ? { fromUs, toUs: toUs + 1 } : null;
}
