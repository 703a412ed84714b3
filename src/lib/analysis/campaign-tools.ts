import { groupBy } from '../base/sorting';
import { DIRECTION } from './context';
import type { Bench } from './ground';
import { GrowingIds } from './growing-column';
import type { Guessing } from './noise-guessing';
import { loginSeconds } from './profiles';
import { PROTOCOL } from './service-index';
import { CONVERSED, rungsOfSessions } from './session-rungs';

/** Sessions of one actor that are looked at, the first: a program does not change its greeting. */
const MOST_SESSIONS = 64;

/** What a port counts in the number of a program; the bytes are the rest. */
const PORT = 2 ** 32;

/** What programs actors guess with, by ActorId. */
export interface Tools {
  /** Equal where the port and the bytes sent are; NaN: not known. */
  readonly program: Float64Array;
  /** 1 where several sessions agree, so that another program is another one. */
  readonly isSure: Uint8Array;
}

/**
 * The program that a guesser uses, told by how many bytes of payload it sends in one session that comes to nothing *own*. An SSH client
 * sends its version, its lists of algorithms and its key exchange before the first password (RFC 4253), all of one size, and a botnet runs
 * one program with one number of tries a connection; names and passwords are padded to the cipher's block. The size met most is taken,
 * the last connection to a host being shorter; equal to the byte, since thousands lie between two programs and none within one. It takes
 * flows with both bytes and packets. Only of actors for which `isWanted`.
 */
export function findTools(bench: Bench, guessing: Guessing, isWanted: (actor: number) => boolean): Tools {
  const { sessions, actors } = bench.ground;
  const program = new Float64Array(actors.count).fill(Number.NaN);
  const isSure = new Uint8Array(actors.count);
  const { ids, owners } = guessingSessions(bench, guessing, isWanted);
  const { starts, order } = groupBy(owners, actors.count);
  for (let actor = 0; actor < actors.count; actor++) {
    if (starts[actor] === starts[actor + 1]) continue;
    const counts = new Map<number, number>();
    for (let k = starts[actor]; k < starts[actor + 1]; k++) {
      const s = ids[order[k]];
      const key = sessions.assetPort[s] * PORT + Math.round(sessions.payloadFromActor[s]);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    let most = 0;
    for (const [key, count] of counts) {
      if (count < most || (count === most && key > program[actor])) continue;
      most = count;
      program[actor] = key;
    }
    isSure[actor] = most > 1 ? 1 : 0;
  }
  return { program, isSure };
}

/** The bytes that every member sends of whom it is known, where there are two such at least; NaN. */
export function sentByAll({ program }: Tools, actors: readonly number[]): number {
  const known = actors.map((actor) => program[actor]).filter((key) => !Number.isNaN(key));
  return known.length > 1 && known.every((key) => key === known[0]) ? known[0] % PORT : Number.NaN;
}

/** Conversations with a service that is logged in to, of actors that failed to or that need not be seen to. */
function guessingSessions(
  { ground }: Bench,
  guessing: Guessing,
  isWanted: (actor: number) => boolean,
): { readonly ids: Uint32Array; readonly owners: Uint32Array } {
  const { sessions, actors } = ground;
  const rungs = rungsOfSessions(sessions);
  const seen = new Uint32Array(actors.count);
  const chosen = new GrowingIds();
  const owners = new GrowingIds();
  for (let s = 0; s < sessions.count; s++) {
    if (rungs[s] !== CONVERSED || sessions.direction[s] === DIRECTION.outbound) continue;
    const actor = sessions.actor[s];
    if (sessions.protocol[s] !== PROTOCOL.tcp || seen[actor] >= MOST_SESSIONS || !isWanted(actor)) continue;
    if (guessing.tries[actor] === 0 && !Number.isFinite(loginSeconds(sessions.assetPort[s], PROTOCOL.tcp)))
      continue;
    seen[actor] += 1;
    chosen.push(s);
    owners.push(actor);
  }
  return { ids: chosen.taken(), owners: owners.taken() };
}
