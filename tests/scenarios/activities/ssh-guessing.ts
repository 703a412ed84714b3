import { MICROS_PER_SECOND } from '../../../src/lib/base/time';
import type { Draw, Weighted } from '../draw';
import { GUESSED_NAMES, SECONDS_BETWEEN_TRIES, TRIES_PER_ADDRESS, TRIES_PER_CONNECTION } from '../statistics';
import { loginPort, type Asset, type LoginTry, type World } from '../world';
import { drawSshClient, FAIL_DELAY_US, failedSsh, type SshClient } from './talks';
import { drawWaves, timeInWaves, type Wave } from './waves';

/** sshd closes a connection after this many failures (MaxAuthTries, default 6). */
const MAX_TRIES = 6;

/** CredSSP, which Windows asks for before it shows a desktop, carries one credential a connection (MS-CSSP). */
function mostTries({ services }: Asset): number {
  return services.some(({ application }) => application === 'rdp') ? 1 : MAX_TRIES;
}

export interface GuessingCampaign {
  readonly label: string;
  readonly bots: readonly string[];
  readonly targets: readonly Asset[];
  readonly fromUs: number;
  readonly toUs: number;
  /** Waves to work in; drawn when absent. */
  readonly waves?: readonly Wave[];
  /** The campaign's word list; a part of the common names when absent. */
  readonly names?: Weighted<string>;
  /** Multiplies the tries that an address makes in all. */
  readonly vigor?: number;
  /** Every bot makes one try at a time, far apart: guessing spread thin over many addresses. */
  readonly isSlow?: boolean;
  /** Accounts that the hosts really have, so that sshd does not call them invalid. */
  readonly knownUsers: ReadonlySet<string>;
}

/** A botnet's word list: the names that all of them try, and a share of the rarer ones. */
export function drawNames(draw: Draw): Weighted<string> {
  const common = GUESSED_NAMES.slice(0, 6);
  const rare = GUESSED_NAMES.slice(6).filter(() => draw.chance(0.35));
  return [...common.filter(() => draw.chance(0.85)), ...rare, ['root', 200] as const];
}

/** Guesses user names and passwords where the targets let people log in, host after host, from every bot. */
export function guessSsh(world: World, campaign: GuessingCampaign): void {
  const draw = world.draw.fork(`guess ${campaign.label}`);
  const names = campaign.names ?? drawNames(draw);
  const client = drawSshClient(draw);
  const perConnection = draw.weighted(TRIES_PER_CONNECTION);
  const pace = draw.uniform(0.8, 1.4);
  const waves = campaign.waves ?? drawWaves(draw, campaign.fromUs, campaign.toUs, draw.int(2, 5));
  for (const bot of campaign.bots) {
    world.noise.set(bot, campaign.label);
    const tries = Math.max(1, Math.round(draw.quantile(TRIES_PER_ADDRESS) * (campaign.vigor ?? 1)));
    if (campaign.isSlow) {
      for (let i = 0; i < Math.max(2, Math.min(tries, 12)); i++)
        guessHost(world, draw, {
          campaign,
          names,
          client,
          perConnection: 1,
          pace,
          bot,
          asset: draw.pick(campaign.targets),
          tries: 1,
          atUs: draw.uniform(campaign.fromUs, campaign.toUs),
        });
      continue;
    }
    let atUs = timeInWaves(draw, waves);
    const targets = draw.shuffle(campaign.targets).slice(0, draw.int(1, campaign.targets.length));
    let left = tries;
    for (let i = 0; i < targets.length && left > 0; i++) {
      const share = i === targets.length - 1 ? left : draw.int(1, left);
      left -= share;
      const asset = targets[i] as Asset;
      atUs = guessHost(world, draw, {
        campaign,
        names,
        client,
        perConnection,
        pace,
        bot,
        asset,
        tries: share,
        atUs,
      });
      atUs += draw.exponential(90) * MICROS_PER_SECOND;
    }
  }
}

interface Visit {
  readonly campaign: GuessingCampaign;
  readonly names: Weighted<string>;
  readonly client: SshClient;
  readonly perConnection: number;
  readonly pace: number;
  readonly bot: string;
  readonly asset: Asset;
  readonly tries: number;
  readonly atUs: number;
}

/** One bot at one host until its tries are used up or it finds the port closed. Returns when it left. */
function guessHost(world: World, draw: Draw, visit: Visit): number {
  let atUs = visit.atUs;
  let left = visit.tries;
  while (left > 0) {
    const count = Math.min(left, visit.perConnection, mostTries(visit.asset));
    left -= count;
    const conversation = world.connect(
      {
        atUs: Math.round(atUs),
        client: visit.bot,
        asset: visit.asset,
        port: loginPort(visit.asset),
        talk: () => {
          const odd = draw.uniform();
          if (odd < 0.02) return failedSsh(draw, { client: visit.client, tries: [], ending: 'silent' });
          if (odd < 0.025) return failedSsh(draw, { client: visit.client, tries: [], ending: 'garbage' });
          const tries = drawTries(draw, visit, count);
          const ending = count === MAX_TRIES ? 'limit' : draw.chance(0.6) ? 'bye' : 'closed';
          return failedSsh(draw, { client: visit.client, tries, ending });
        },
      },
      draw,
    );
    // A closed port is tried again once or twice at most, then left alone.
    if (conversation.outcome !== 'accepted' && draw.chance(0.8)) return conversation.endUs;
    atUs = conversation.endUs + draw.quantile(SECONDS_BETWEEN_TRIES) * visit.pace * MICROS_PER_SECOND;
  }
  return atUs;
}

function drawTries(draw: Draw, visit: Visit, count: number): LoginTry[] {
  const user = draw.weighted(visit.names);
  let afterUs = draw.uniform(0.5, 1.2) * MICROS_PER_SECOND;
  return Array.from({ length: count }, () => {
    const one: LoginTry = {
      user,
      isKnownUser: visit.campaign.knownUsers.has(user),
      method: 'password',
      isAccepted: false,
      afterUs: Math.round(afterUs),
    };
    afterUs += FAIL_DELAY_US + draw.uniform(0.1, 0.6) * MICROS_PER_SECOND;
    return one;
  });
}
