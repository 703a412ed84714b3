import type { Micros } from '../../src/lib/base/brand';
import { formatUtc, formatUtcDay, MICROS_PER_DAY } from '../../src/lib/base/time';
import type { VerdictWord } from '../../src/lib/analysis/findings';
import type { Deed } from './activities/quiet';
import type { Asset, World } from './world';

/** Times in a truth file are ISO 8601 in UTC. */
export type IsoTime = string;

export interface TruthVerdict {
  readonly asset: string;
  /** `9200/tcp` */
  readonly service: string;
  /** What the loaded logs allow an honest reader to say. */
  readonly verdict: VerdictWord;
  /** Words that are right as well: data was read, and the logs hint at it without showing it. */
  readonly acceptable: readonly VerdictWord[];
  /** What really happened, whether or not a log shows it. */
  readonly dataRead: boolean;
  /** Whether the loaded logs show that outsiders could reach it then: else there is nothing to give a verdict on. */
  readonly isKnownOpen: boolean;
}

export interface TruthDeed {
  readonly asset: string;
  readonly service: string;
  readonly from: IsoTime;
  readonly to: IsoTime;
  readonly rung: number;
  readonly bytesToActor: number;
  readonly bytesFromActor: number;
  readonly what: string;
}

export interface Erasure {
  readonly source: string;
  readonly asset: string;
  /** Absent: a stretch of the whole log. */
  readonly actor?: string;
  readonly from: IsoTime;
  readonly to: IsoTime;
  /** From the first to the last of them as the host's own clock has it: all there is to say where nothing tells of that clock. */
  readonly inLog: { readonly from: IsoTime; readonly to: IsoTime } | null;
  readonly lines: number;
  /** Conversations that no longer have a line. */
  readonly conversations: number;
  /**
   * Whether the loaded logs can give it away: a stretch without the host's pulse, or flows of at least two conversations in which somebody
   * tried to log in or asked the service for something. One missing line among thousands is what chance does as well.
   */
  readonly isTellable: boolean;
}

export interface Truth {
  readonly synthetic: true;
  readonly seed: number;
  readonly from: IsoTime;
  readonly to: IsoTime;
  readonly aggregationSeconds: number;
  /** Every name under which a log may know an asset. */
  readonly assets: readonly {
    readonly asset: string;
    readonly addresses: readonly string[];
    readonly interfaceId: string;
    readonly instanceId: string;
  }[];
  readonly exposure: readonly {
    readonly asset: string;
    readonly port: number;
    readonly proto: 'tcp';
    readonly opened: IsoTime;
    readonly closed: IsoTime | null;
  }[];
  readonly actors: {
    readonly quiet: readonly {
      readonly actor: string;
      readonly label: string;
      /** Whether any loaded log shows it. */
      readonly isVisible: boolean;
      readonly did: readonly TruthDeed[];
    }[];
    readonly known: readonly { readonly actor: string; readonly label: string }[];
    /** Rightful users whom nobody declared: neither noise nor an intruder. */
    readonly benign: readonly string[];
    /** Addresses by campaign, or by the kind of noise that they make. */
    readonly noise: Readonly<Record<string, readonly string[]>>;
  };
  /** Over the whole exposure. */
  readonly services: readonly TruthVerdict[];
  readonly verdicts: readonly (TruthVerdict & { readonly day: string })[];
  readonly erased: readonly Erasure[];
  /** Accounts that intruders made on hosts, where a loaded line tells of it. */
  readonly accounts: readonly { readonly asset: string; readonly account: string; readonly at: IsoTime }[];
  readonly clockOffsets: readonly {
    readonly asset: string;
    readonly offsetSeconds: number;
    readonly driftPpm: number;
  }[];
  readonly credentials: readonly {
    readonly kind: string;
    readonly lastFour: string;
    readonly asset: string;
    readonly source: string;
  }[];
  readonly beacons: readonly {
    readonly asset: string;
    readonly destination: string;
    readonly port: number;
    readonly minutes: number;
    readonly calls: number;
  }[];
}

export function iso(us: number): IsoTime {
  return formatUtc(us as Micros);
}

/** What the loaded logs could show of a service, for the verdicts that the truth allows. */
export interface Visibility {
  /** A log of this service's requests, complete over the stretch, held where who takes the asset cannot reach it. */
  isCovered(asset: Asset, port: number, fromUs: number, toUs: number): boolean;
  /** Whether a loaded log line, not erased, shows this deed's reading. */
  isShown(deed: Deed): boolean;
  /** When the loaded logs would have the deed: by the host's clock where nothing tells it from the true one. */
  timesOf(deed: Deed): { readonly fromUs: number; readonly toUs: number };
  isKnownOpen(asset: Asset, port: number, fromUs: number, toUs: number): boolean;
}

function verdictOf(
  asset: Asset,
  port: number,
  deeds: readonly Deed[],
  stretch: { readonly fromUs: number; readonly toUs: number },
  visibility: Visibility,
): Omit<TruthVerdict, 'asset' | 'service'> {
  const isKnownOpen = visibility.isKnownOpen(asset, port, stretch.fromUs, stretch.toUs);
  const reads = deeds.filter((deed) => deed.rung >= 6);
  if (reads.some((deed) => visibility.isShown(deed)))
    return { verdict: 'queried', acceptable: ['queried'], dataRead: true, isKnownOpen };
  if (reads.length > 0)
    return { verdict: 'cannot tell', acceptable: ['cannot tell', 'queried'], dataRead: true, isKnownOpen };
  const verdict = visibility.isCovered(asset, port, stretch.fromUs, stretch.toUs)
    ? 'not queried within coverage'
    : 'cannot tell';
  return { verdict, acceptable: [verdict], dataRead: false, isKnownOpen };
}

/** The right verdict for each exposed service and day, and over all days. */
export function verdictsOf(
  world: World,
  exposure: readonly { asset: Asset; port: number; openedUs: number; closedUs: number }[],
  deeds: readonly Deed[],
  visibility: Visibility,
): Pick<Truth, 'services' | 'verdicts'> {
  const services: TruthVerdict[] = [];
  const verdicts: (TruthVerdict & { day: string })[] = [];
  for (const { asset, port, openedUs, closedUs } of exposure) {
    const here = deeds.filter((deed) => deed.asset === asset.name && deed.port === port);
    const service = `${port}/tcp`;
    services.push({
      asset: asset.name,
      service,
      ...verdictOf(asset, port, here, { fromUs: openedUs, toUs: closedUs }, visibility),
    });
    const firstDay = Math.floor(Math.max(openedUs, world.fromUs) / MICROS_PER_DAY);
    const lastDay = Math.floor((Math.min(closedUs, world.toUs) - 1) / MICROS_PER_DAY);
    for (let day = firstDay; day <= lastDay; day++) {
      const fromUs = day * MICROS_PER_DAY;
      const today = here.filter((deed) => {
        const times = visibility.timesOf(deed);
        return times.fromUs < fromUs + MICROS_PER_DAY && times.toUs >= fromUs;
      });
      verdicts.push({
        asset: asset.name,
        service,
        day: formatUtcDay(fromUs),
        ...verdictOf(asset, port, today, { fromUs, toUs: fromUs + MICROS_PER_DAY }, visibility),
      });
    }
  }
  return { services, verdicts };
}
