import type { ActorId, AssetId, Micros } from '../base/brand';
import type { Evidence } from './evidence';
import type { InstantBounds } from './exposure-bounds';
import type { CaseParameters, ServiceProfile, Thresholds } from './parameters';

/**
 * Which addresses, host names and interfaces are ours, and which of them are one machine, whatever these are called. Made by assets.ts; its
 * numbers stay when an asset is only named, so that what counts by them stays as well.
 */
export interface AssetBinding {
  readonly count: number;
  /** AssetId + 1 by AddressId; 0: not ours. */
  readonly byAddress: Uint32Array;
  /** AssetId + 1 by StringId of a host, sensor or interface name; 0: not an asset's name. */
  readonly byString: Uint32Array;
  /** AssetId + 1 by SourceId: the machine that rows without a host name are about; 0 or beyond its end: not known. */
  readonly bySource?: Uint32Array;
  /** 1 by AddressId where the address lies in the case's own networks (own, though maybe no asset of interest). */
  readonly isOwn: Uint8Array;
}

/** What assets are called, by AssetId. */
export interface AssetLabels {
  readonly names: readonly string[];
  readonly aliases: readonly (readonly string[])[];
  /** Why each is held to be ours. */
  readonly why: readonly (readonly string[])[];
}

export type AssetIndex = AssetBinding & AssetLabels;

/** Remote sides. An actor is an address, or a principal where rows carry none (or all share one). Made by actors.ts. */
export interface ActorIndex {
  readonly count: number;
  /** ActorId + 1 by AddressId; 0: not an actor. */
  readonly byAddress: Uint32Array;
  /** ActorId + 1 by StringId of a principal, where principals are actors; 0: not an actor. */
  readonly byPrincipal: Uint32Array;
  readonly texts: readonly string[];
  readonly kinds: Uint8Array;
  /** Label of a known actor, or undefined. */
  readonly known: readonly (string | undefined)[];
}

/** Actors before it is said who of them is known. */
export type ActorIds = Omit<ActorIndex, 'known'>;

export const ACTOR_KIND = { address: 0, principal: 1 } as const;
export const DIRECTION = { inbound: 0, outbound: 1, internal: 2 } as const;

/**
 * Conversations stitched from flow rows, one entry per (actor, actor port, asset, asset port, protocol, verdict) and stretch, both
 * directions in it. Struct of arrays, sorted by start. `ToActor` is what the asset sent. NaN: the exports do not say.
 */
export interface Sessions {
  readonly count: number;
  readonly actor: Uint32Array;
  readonly asset: Uint32Array;
  readonly actorAddr: Uint32Array;
  readonly assetAddr: Uint32Array;
  readonly actorPort: Uint16Array;
  readonly assetPort: Uint16Array;
  readonly protocol: Uint8Array;
  readonly startUs: Float64Array;
  readonly endUs: Float64Array;
  readonly bytesToActor: Float64Array;
  readonly bytesFromActor: Float64Array;
  readonly packetsToActor: Float64Array;
  readonly packetsFromActor: Float64Array;
  /** Estimated payload, max(0, bytes − header · packets), for exports that count headers. */
  readonly payloadToActor: Float64Array;
  readonly payloadFromActor: Float64Array;
  /** VERDICT of all its rows. */
  readonly verdict: Uint8Array;
  readonly connState: Uint8Array;
  readonly tcpFlags: Uint8Array;
  /** DIRECTION: inbound when the actor is held to have begun it. */
  readonly direction: Uint8Array;
  readonly rowCount: Uint32Array;
  /** First flow row of it, as RowId. */
  readonly firstRow: Uint32Array;
  /** Whether replies are visible at all in the export that wrote it (1) or only one direction is (0). */
  readonly seesBothWays: Uint8Array;
  /** 1 by AddressId: its packets have IPv6's longer headers. */
  readonly isIpv6: Uint8Array;
  /** Aggregation interval that was used, in microseconds. */
  readonly aggregationUs: number;
  /** By how much a start may lie after the packet that began it, at most; 0: the exports write what passes as it passes. */
  readonly lateUs: number;
}

/** One exposed service: an asset's port and the stretch in which outsiders could reach it. */
export interface ExposureWindow {
  readonly asset: AssetId;
  readonly port: number;
  readonly protocol: number;
  /** −Infinity / Infinity where the evidence does not hold the end. */
  readonly openedUs: Micros;
  readonly closedUs: Micros;
  /** Where only traffic shows an end: the calls that it lies between. */
  readonly opening?: InstantBounds;
  readonly closing?: InstantBounds;
  /** It is held to have opened then only because more strangers came: nobody was seen turned away before, and no change tells of it. */
  readonly isOpeningSupposed?: boolean;
}

/** What every question after the first two starts from. */
export interface Ground {
  readonly evidence: Evidence;
  readonly parameters: CaseParameters;
  readonly thresholds: Thresholds;
  readonly assets: AssetIndex;
  readonly actors: ActorIndex;
  readonly sessions: Sessions;
  readonly exposure: readonly ExposureWindow[];
  /** Services of a cloud that hold data: open to whoever holds a credential, for as long as there are rows. */
  readonly cloud: readonly ExposureWindow[];
  /** First and last time of any row in the case. */
  readonly fromUs: Micros;
  readonly toUs: Micros;
  profileOf(asset: AssetId, port: number, protocol: number): ServiceProfile & { readonly why: string };
  /** The windows of exposure of one asset: a network has too many of them to look through them all for each. */
  exposureOf(asset: number): readonly ExposureWindow[];
}

export const STANDING = { unknown: 0, noise: 1, quiet: 2, known: 3 } as const;

/** Per actor, index = ActorId: what noise.ts decided, for the questions after it. */
export interface Standings {
  readonly standing: Uint8Array;
  readonly noiseScore: Float64Array;
  /** Campaign index + 1; 0: none. */
  readonly campaign: Uint32Array;
  readonly firstUs: Float64Array;
  readonly lastUs: Float64Array;
}

export type { ActorId, AssetId };
