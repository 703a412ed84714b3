import { MICROS_PER_SECOND } from '../../../src/lib/base/time';
import type { Draw } from '../draw';
import { PROBE_REQUEST_BYTES, PROBE_SECONDS } from '../statistics';
import { traffic, type Request, type LoginTalk, type LoginTry, type Talk } from '../world';

/**
 * What an SSH client's software sends before the first try: its banner and KEXINIT (about 700 to 1,600 bytes), the key
 * exchange and the service request (RFC 4253), and the packets that takes. One figure a client program, so one a botnet.
 */
export interface SshClient {
  readonly helloBytes: number;
  readonly packets: number;
}

export function drawSshClient(draw: Draw): SshClient {
  return { helloBytes: draw.int(1150, 2050), packets: draw.int(8, 12) };
}

/** sshd's half of the same: banner, KEXINIT, host keys and signatures, service accept. */
const SERVER_HELLO_BYTES = 1930;
/** One padded USERAUTH request and its answer on the wire. */
const TRY_BYTES = 136;
const TRY_ANSWER_BYTES = 84;

/** PAM answers a wrong password after this long (pam_faildelay's default is about two seconds). */
export const FAIL_DELAY_US = 1_800_000;

export interface SshGuess {
  readonly client: SshClient;
  readonly tries: readonly LoginTry[];
  readonly ending: LoginTalk['ending'];
}

/** A connection whose tries all fail. */
export function failedSsh(draw: Draw, guess: SshGuess): Talk {
  const { client, tries, ending } = guess;
  if (ending === 'silent' || ending === 'garbage') {
    const seconds = draw.quantile(PROBE_SECONDS);
    const payload = ending === 'silent' ? 0 : draw.quantile(PROBE_REQUEST_BYTES);
    return {
      durationUs: seconds * MICROS_PER_SECOND,
      toServer: traffic(payload, 3 + (payload > 0 ? 1 : 0)),
      toClient: traffic(42, 2 + draw.int(0, 1)),
      login: { tries: [], ending },
    };
  }
  const last = tries[tries.length - 1]?.afterUs ?? 0;
  return {
    durationUs: last + FAIL_DELAY_US + draw.uniform(0.1, 1.2) * MICROS_PER_SECOND,
    toServer: traffic(
      client.helloBytes + tries.length * TRY_BYTES,
      client.packets + tries.length + draw.int(0, 2),
    ),
    toClient: traffic(
      SERVER_HELLO_BYTES + tries.length * TRY_ANSWER_BYTES,
      client.packets - 2 + tries.length + draw.int(0, 2),
    ),
    login: { tries, ending },
  };
}

/** A session after an accepted login: what was typed goes in, what was read comes out. */
export function sshSession(
  draw: Draw,
  session: {
    client: SshClient;
    user: string;
    /** Absent: a password let them in. */
    key?: string;
    seconds: number;
    bytesToClient: number;
    bytesToServer: number;
    commands?: LoginTalk['commands'];
    leaves?: LoginTalk['leaves'];
    ending?: LoginTalk['ending'];
  },
): Talk {
  const { client, seconds } = session;
  // A person at a keyboard gives a small packet every few seconds; a copy gives full ones.
  const keystrokes = Math.round(seconds / draw.uniform(2, 5));
  return {
    durationUs: seconds * MICROS_PER_SECOND,
    toServer: traffic(client.helloBytes + 900 + session.bytesToServer, client.packets + keystrokes),
    toClient: traffic(SERVER_HELLO_BYTES + 700 + session.bytesToClient, client.packets + keystrokes),
    login: {
      tries: [
        {
          user: session.user,
          isKnownUser: true,
          method: session.key === undefined ? 'password' : 'publickey',
          isAccepted: true,
          ...(session.key === undefined ? {} : { key: session.key }),
          afterUs: Math.round(draw.uniform(0.3, 0.9) * MICROS_PER_SECOND),
        },
      ],
      ending: session.ending ?? 'bye',
      ...(session.commands ? { commands: session.commands } : {}),
      ...(session.leaves ? { leaves: session.leaves } : {}),
    },
  };
}

/** Headers around a body, both ways: what browsers and programs send, and what nginx and Elasticsearch answer. */
const REQUEST_HEADER_BYTES = 240;
const ANSWER_HEADER_BYTES = 210;

/** A connection over which HTTP requests go, one after the other. `postBytes` is what the requests carry in their bodies. */
export function httpTalk(
  draw: Draw,
  requests: readonly Request[],
  options: { postBytes?: number; tailSeconds?: number; headerBytes?: number } = {},
): Talk {
  const header = options.headerBytes ?? REQUEST_HEADER_BYTES;
  const last = requests[requests.length - 1]?.afterUs ?? 0;
  const sent = requests.reduce(
    (sum, request) => sum + header + request.path.length + request.agent.length,
    0,
  );
  const answered = requests.reduce((sum, request) => sum + ANSWER_HEADER_BYTES + request.bytes, 0);
  const seconds = options.tailSeconds ?? draw.uniform(0.02, 0.4);
  return {
    durationUs: last + seconds * MICROS_PER_SECOND,
    toServer: traffic(sent + (options.postBytes ?? 0), 3 + requests.length + Math.round(answered / 2900)),
    toClient: traffic(answered, 3 + requests.length),
    requests,
  };
}

/** A port that was tried and hung up on, or was sent something that is no HTTP: no line in any log but the flow's. */
export function rawProbe(draw: Draw): Talk {
  const payload = draw.chance(0.5) ? 0 : draw.quantile(PROBE_REQUEST_BYTES);
  return {
    durationUs: draw.quantile(PROBE_SECONDS) * MICROS_PER_SECOND,
    toServer: traffic(payload, 3),
    toClient: payload > 0 && draw.chance(0.4) ? traffic(draw.int(0, 224), 3) : traffic(0, 2),
    ending: draw.chance(0.6) ? 'fin' : 'reset',
  };
}
