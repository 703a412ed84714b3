import type { Findings, Statement } from '../../analysis/findings';
import { formatCount, formatShare, plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { listWords } from './words';

/** The control group: how much is noise, in which campaigns, and who among it succeeded all the same. */
export function describeNoise(findings: Findings): CellText {
  const { totals } = findings;
  const succeeded = findings.actors.filter((actor) => actor.standing === 'noise' && actor.succeeded);
  const details: Statement[] = findings.campaigns.map((campaign) => ({
    text: `Campaign ${campaign.id}: ${plural(campaign.events, 'event')} of ${campaign.fingerprint}.`,
    rows: [
      {
        table: campaign.users.length > 0 ? ('logins' as const) : ('flows' as const),
        actors: campaign.actors,
      },
    ],
  }));
  for (const actor of succeeded) {
    details.unshift({
      text: `${actor.actor} is noise and succeeded: ${plural(actor.failures, 'failure')}, then ${plural(actor.successes, 'success', 'successes')}.`,
      rows: [{ table: 'logins', actor: actor.actor }],
    });
  }
  return {
    id: 'noise',
    question: 'Which of it is bot-like noise?',
    finding: {
      text:
        totals.actors === 0
          ? 'No remote actor was seen.'
          : totals.noiseActors === 0
            ? `${totals.actors === 1 ? 'The one actor does not behave' : `None of ${formatCount(totals.actors)} actors behaves`} like automated noise: there is nothing to hold ${totals.actors === 1 ? 'it' : 'them'} against.`
            : `${formatCount(totals.noiseActors)} of ${plural(totals.actors, 'actor')} ${totals.noiseActors === 1 ? 'behaves' : 'behave'} like automated noise, with ` +
              `${formatShare(totals.events === 0 ? 0 : totals.noiseEvents / totals.events)} of all events` +
              (findings.campaigns.length > 0
                ? `, in ${plural(findings.campaigns.length, 'campaign')}.`
                : '; no two of them share a campaign.') +
              (succeeded.length > 0
                ? ` ${plural(succeeded.length, 'noisy actor')} nevertheless got in: ${listWords(succeeded.map((actor) => actor.actor))}.`
                : ' None of them is seen to have succeeded.'),
    },
    details,
    caveats: caveatsOf(findings, 'noise'),
  };
}
