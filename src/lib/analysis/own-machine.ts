import { addressRange, parseAddress } from '../base/addresses';
import { plural } from '../base/units';
import { LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { locate } from '../tables/segment';
import { ACTOR_KIND, type ActorId } from './context';
import type { Comparison } from './control-group';
import type { Bench } from './ground';
import type { Ladder } from './ladder';
import { eventsOf } from './log-events';
import type { Deeds } from './quiet-deeds';
import type { Visit } from './quiet-signs';
import { isAnonymous } from './successes';

/** A computer's account is named by as much of its host name ("Naming conventions in Active Directory", learn.microsoft.com). */
const NETBIOS_LENGTH = 15;

const HOME = {
  address: 'from the address of that machine',
  loopback: 'on that machine, over its loopback address',
  linkLocal: 'on that machine, by Kerberos from a link-local address, which no router passes on',
  unplaced: 'on that machine, without an address',
} as const;
type Home = keyof typeof HOME;

/** An actor that is nothing but a machine of ours that uses its own account. */
interface OwnMachine {
  readonly account: string;
  readonly home: Home;
  readonly logins: number;
  readonly requests: number;
}

interface Judged {
  readonly bench: Bench;
  readonly ladder: Ladder;
  readonly comparison: Comparison;
  readonly deeds: Deeds;
}

/**
 * Takes back what the other signs gave to an actor of which every login and request is made by a computer's account (`HOST$`) where that
 * computer is at home: from an address of the asset of that name, or on it over loopback, without an address, or by Kerberos from a link-local one.
 * Windows machines call their domain controllers and themselves so all day. What deviates stays: an account that comes from elsewhere is what a
 * relayed or stolen credential looks like; an actor that used or tried any other account may be a person, also over loopback, where tunnels end;
 * and where no log names the account's machine, nothing says that it is at home. Link-local by NTLM stays, since NTLM can be relayed.
 */
export function visitOwnMachine(
  judged: Judged,
  actor: number,
  weight: number,
  given: number,
  visit: Visit,
): void {
  const found = given > 0 && hasOnlyRoutine(judged, actor) ? findOwnMachine(judged.bench, actor) : null;
  if (!found) return;
  const { account, home, logins, requests } = found;
  visit('own-machine', logins + requests, Math.min(weight, -given), () => ({
    text:
      `all that it did was done by ${account}, the account of a machine of ours, ${HOME[home]}: ${plural(logins, 'accepted login')} and ` +
      `${plural(requests, 'request')} that changed nothing, as machines make all day; whoever holds that machine can do so too`,
    rows: { table: 'logins', actor: judged.bench.ground.actors.texts[actor] },
  }));
}

/** Nothing that a machine does not do all day: large answers, hidden traces, new accounts, or another way in after a closing. */
function hasOnlyRoutine({ bench, ladder, comparison, deeds }: Judged, actor: number): boolean {
  return (
    bench.activity.successes[actor] > 0 &&
    comparison.isDiscovery[actor] !== 1 &&
    deeds.hidden[actor] === 0 &&
    deeds.made[actor] === 0 &&
    !deeds.returns.has(actor) &&
    ladder.rungOf(actor as ActorId).rung <= 6
  );
}

function findOwnMachine(bench: Bench, actor: number): OwnMachine | null {
  const { logins, ground } = bench;
  const { strings } = ground.evidence.dictionaries;
  let own: { account: string; home: Home } | null = null;
  let accepted = 0;
  for (const i of eventsOf(logins, actor)) {
    const account = strings.text(logins.user[i]);
    if (account === '' || isAnonymous(account)) continue;
    const home = homeOf(bench, actor, account, i);
    if (home === null || logins.outcome[i] === LOGIN_OUTCOME.failure) return null;
    own = { account, home };
    if (logins.outcome[i] === LOGIN_OUTCOME.success) accepted += 1;
  }
  const requests = own ? routineRequests(bench, actor, own.account) : -1;
  return own && requests !== -1 ? { ...own, logins: accepted, requests } : null;
}

/** Where a computer's account logged in at home; null: it is another account, or it came from elsewhere. */
function homeOf(bench: Bench, actor: number, account: string, login: number): Home | null {
  const { ground, logins, addressOf } = bench;
  const machine = machineOf(account);
  if (machine === '') return null;
  const isOnItself = isNamed(bench, logins.asset[login] - 1, machine);
  const address = addressOf[actor];
  if (address === 0) {
    const isPlace = ground.actors.kinds[actor] === ACTOR_KIND.address;
    return isOnItself && !isPlace ? 'unplaced' : null;
  }
  const range = addressRange(...ground.evidence.dictionaries.addresses.words(address));
  if (range === 'loopback') return isOnItself ? 'loopback' : null;
  if (isNamed(bench, ground.assets.byAddress[address] - 1, machine)) return 'address';
  const isKerberos = methodOf(bench, logins.row[login]) === LOGIN_METHOD.kerberos;
  return isOnItself && isKerberos && range === 'linkLocal' ? 'linkLocal' : null;
}

/** `mordordc` of `THESHIRE\MORDORDC$` or `MORDORDC$@theshire.local`; empty where it is no computer's account. */
function machineOf(account: string): string {
  const name = account.slice(account.lastIndexOf('\\') + 1).replace(/@.*$/, '');
  return name.endsWith('$') ? name.slice(0, -1).toLowerCase() : '';
}

function isNamed({ ground }: Bench, asset: number, machine: string): boolean {
  if (asset < 0) return false;
  const names = [ground.assets.names[asset], ...ground.assets.aliases[asset]];
  return names.some((name) => {
    const [short = ''] = name.toLowerCase().split('.');
    return parseAddress(name) === null && short.slice(0, NETBIOS_LENGTH) === machine;
  });
}

function methodOf({ ground }: Bench, row: number): number {
  const { segment, index } = locate(ground.evidence.tables.logins, row);
  return segment.columns.method[index];
}

const CHANGING: ReadonlySet<number> = new Set([QUERY_VERB.write, QUERY_VERB.delete, QUERY_VERB.admin]);

/** Requests of that account that changed nothing and were not refused; −1: there are others. */
function routineRequests({ queries, ground }: Bench, actor: number, account: string): number {
  const { strings } = ground.evidence.dictionaries;
  const mine = eventsOf(queries, actor);
  for (const i of mine) {
    const { segment, index } = locate(ground.evidence.tables.queries, queries.row[i]);
    const principal = strings.text(segment.columns.principal[index]);
    if (machineOf(principal) !== machineOf(account) || CHANGING.has(queries.verb[i])) return -1;
    if (queries.outcome[i] === QUERY_OUTCOME.denied) return -1;
  }
  return mine.length;
}
