import type { ActorFinding, Findings } from '../analysis/findings';

/**
 * The actors that are told of one by one where machines read: the quiet, those who succeeded, those of a verdict that data was queried, and
 * any others by name. Everyone else is noise, known, or nobody to worry about.
 */
export function reportedActors(findings: Findings, others: ReadonlySet<string>): readonly ActorFinding[] {
  const queried = findings.answers.filter(({ verdict }) => verdict === 'queried');
  const readers = new Set(queried.flatMap(({ actors }) => actors));
  return findings.actors.filter(
    ({ actor, quietRank, succeeded }) =>
      quietRank !== null || succeeded || readers.has(actor) || others.has(actor),
  );
}
