import type { Findings, VerdictWord } from '../../src/lib/analysis/findings';

/** Failures from which the baseline calls an actor a bot: CrowdSec's ssh-bf asks for five. */
const BOT_FAILURES = 5;
const QUERIED_BYTES = 1_000_000;

export interface BaselineResult {
  /** Suspects, largest download first. */
  readonly ranking: readonly string[];
  readonly noise: readonly string[];
  verdictOf(asset: string, service: string): VerdictWord;
}

/**
 * What a short script would say: many failures make a bot, the rest is ranked by the bytes that it got, a service was queried when
 * a stranger got a megabyte from it, and otherwise it was not.
 */
export function runBaseline(findings: Findings): BaselineResult {
  const strangers = findings.actors.filter((actor) => actor.standing !== 'known');
  const isBot = (failures: number): boolean => failures >= BOT_FAILURES;
  const suspects = strangers
    .filter((actor) => !isBot(actor.failures))
    .sort((a, b) => (b.bytesToActor || 0) - (a.bytesToActor || 0) || (a.actor < b.actor ? -1 : 1));
  return {
    ranking: suspects.map((actor) => actor.actor),
    noise: strangers.filter((actor) => isBot(actor.failures)).map((actor) => actor.actor),
    verdictOf: (asset, service) =>
      suspects.some(
        (actor) =>
          actor.bytesToActor >= QUERIED_BYTES &&
          actor.services.some((each) => each.includes(service) && each.includes(asset)),
      )
        ? 'queried'
        : 'not queried within coverage',
  };
}
