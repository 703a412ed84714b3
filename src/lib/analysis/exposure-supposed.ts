import { contactsOf, type Contacts } from './contacts';
import { isInRange, isOpenToAll, type OpenRule } from './exposure-changes';
import { slackUs, type ExposureInput } from './exposure-input';

const NOBODY: ReadonlySet<number> = new Set();

/**
 * Assets that a group may hold besides those `known` to be in it: they answer on a port that its rule opened to everybody, and no stranger
 * came to them while it stood, to be let in or turned away. To leave them out would say that they were closed, which nothing shows.
 * Mass scanning finds what is open within hours: where enough strangers who try more than one service came through the rule, whom all of
 * them passed by is not in the group. Many addresses that all go to one service say nothing of others.
 */
export function supposedMembers(
  rule: OpenRule,
  known: ReadonlySet<number>,
  input: ExposureInput,
): ReadonlySet<number> {
  if (!isOpenToAll(rule)) return NOBODY;
  const { contacts, limits } = input;
  const { services } = contacts;
  const supposed = new Set<number>();
  const tried = new Set<number>();
  const strangers = new Set<number>();
  for (let service = 0; service < services.count; service++) {
    const place = { port: services.port[service], protocol: services.protocol[service] };
    // A port that answers nobody turns strangers away whatever the rules say.
    if (services.answers[service] === 0 || !isInRange(rule, place)) continue;
    const asset = services.asset[service];
    supposed.add(asset);
    for (const contact of contactsOf(contacts, service)) {
      if (!isStrangerOf(rule, contact, input)) continue;
      tried.add(asset);
      if (contacts.reached[contact] > 0 && triesSeveral(contacts, contacts.actor[contact]))
        strangers.add(contacts.actor[contact]);
    }
  }
  if (strangers.size >= limits.sweptByStrangers) return NOBODY;
  for (const asset of [...known, ...tried]) supposed.delete(asset);
  return supposed;
}

function triesSeveral({ byActor }: Contacts, actor: number): boolean {
  return byActor.starts[actor + 1] - byActor.starts[actor] > 1;
}

/** Whether somebody from outside came while the rule stood, who had not been let in before. */
function isStrangerOf(rule: OpenRule, contact: number, input: ExposureInput): boolean {
  const { contacts, outside, actors, limits } = input;
  const actor = contacts.actor[contact];
  if (outside[actor] === 0 || actors.known[actor] !== undefined) return false;
  const slack = slackUs(limits);
  const opened = Number.isNaN(rule.openedUs) ? -Infinity : rule.openedUs - slack;
  const closed = Number.isNaN(rule.closedUs) ? Infinity : rule.closedUs + slack;
  if (contacts.lastUs[contact] < opened || contacts.firstUs[contact] > closed) return false;
  return !(contacts.firstReachedUs[contact] < opened);
}
