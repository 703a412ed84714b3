import { okta } from './okta';
import { placesOf, recordTable } from './shared/record-tables';

const TARGETS = [0, 1, 2, 3].flatMap((n) =>
  ['id', 'alternateId', 'displayName'].map((name) => [
    `target${n}${name.toLowerCase()}`,
    `target.${n}.${name}`,
  ]),
);

/** What "Download CSV" of Okta's System Log gives: the event's fields as columns, `actor.alternateId` and so on, targets numbered. */
export const oktaCsv = recordTable({
  id: 'okta-csv',
  label: 'Okta system log (CSV)',
  inner: okta,
  needed: [['published', 'eventtype', 'outcomeresult', 'actoralternateid']],
  places: {
    ...placesOf('published', 'eventType', 'displayMessage', 'outcome.result', 'client.ipAddress'),
    ...placesOf('actor.alternateId', 'actor.displayName', 'actor.id', 'authenticationContext.credentialType'),
    ...Object.fromEntries(TARGETS),
  },
  times: ['published'],
});
