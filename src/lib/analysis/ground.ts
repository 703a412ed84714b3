import type { Micros } from '../base/brand';
import { countActivity, type Activity } from './activity';
import { addressesOfActors, indexActors } from './actors';
import { indexAssets, type ExtraAlias } from './assets';
import { gatherContacts, outsideActors, type Contacts } from './contacts';
import { findCloudServices } from './cloud-exposure';
import type { ExposureWindow, Ground } from './context';
import type { Evidence } from './evidence';
import { findExposure, type Exposure } from './exposure';
import { gatherLogins, gatherQueries, type LoginEvents, type QueryEvents } from './log-events';
import { portsOfProgram } from './log-places';
import { findOwnNetworks, type OwnNetworks } from './own-networks';
import { DEFAULT_THRESHOLDS, type CaseParameters, type Thresholds } from './parameters';
import { profileFor, type FullProfile } from './profiles';
import { bindSessions, stitchSessions, type Stitched } from './sessions';

/** What of the ground does not depend on which names are one machine. */
export interface Base {
  readonly evidence: Evidence;
  readonly parameters: CaseParameters;
  readonly thresholds: Thresholds;
  readonly own: OwnNetworks;
  readonly stitched: Stitched;
}

/** The ground with what the noise and quiet questions share beside it: counted once, read by each. */
export interface Bench {
  readonly ground: Ground;
  readonly base: Base;
  readonly contacts: Contacts;
  readonly logins: LoginEvents;
  readonly queries: QueryEvents;
  readonly activity: Activity;
  readonly exposure: Exposure;
  /** Whether a service (index in `contacts.services`) was exposed at that moment. */
  readonly isServiceExposed: (service: number, atUs: number) => boolean;
  /** 1 by ActorId of actors that are not in our own networks. */
  readonly outside: Uint8Array;
  /** AddressId by ActorId; 0 for principals. */
  readonly addressOf: Uint32Array;
  readonly inferred: readonly string[];
}

export function thresholdsOf(parameters: CaseParameters): Thresholds {
  return { ...DEFAULT_THRESHOLDS, ...parameters.thresholds };
}

export function layBase(evidence: Evidence, parameters: CaseParameters): Base {
  const thresholds = thresholdsOf(parameters);
  const own = findOwnNetworks(evidence, parameters);
  return { evidence, parameters, thresholds, own, stitched: stitchSessions(evidence, own, thresholds) };
}

/** Assets and actors, and a ground on which nothing is exposed yet: enough to match hosts to addresses. */
export interface Named {
  readonly ground: Ground;
  readonly inferred: readonly string[];
}

/** Binds sessions to assets and actors. `extraAliases` joins host names to addresses that other evidence ties them to. */
export function bindNames(base: Base, extraAliases: readonly ExtraAlias[] = []): Named {
  const { evidence, parameters, thresholds, own, stitched } = base;
  const { sessions } = stitched;
  const assets = indexAssets(evidence, parameters, own, sessions, extraAliases);
  const { actors, inferred } = indexActors(evidence, parameters, own, sessions);
  bindSessions(sessions, assets, actors);
  const [fromUs, toUs] = spanOf(evidence);
  const profiles = new Map<string, FullProfile>();
  const ground: Ground = {
    evidence,
    parameters,
    thresholds,
    assets,
    actors,
    sessions,
    exposure: [],
    cloud: [],
    fromUs,
    toUs,
    profileOf(asset, port, protocol) {
      const key = `${asset}:${port}:${protocol}`;
      let profile = profiles.get(key);
      if (!profile) profiles.set(key, (profile = profileFor(assets, parameters, asset, port, protocol)));
      return profile;
    },
    isExposed: () => false,
  };
  return { ground, inferred };
}

/** The whole ground: names, then contacts, exposure, log events and what each actor did. */
export function layGround(base: Base, named: Named = bindNames(base)): Bench {
  const { evidence, parameters, own } = base;
  const { assets, actors, sessions } = named.ground;
  const contacts = gatherContacts(sessions, actors.count);
  const outside = outsideActors(actors, assets.isOwn);
  const exposure = findExposure({ evidence, parameters, assets, actors, sessions, contacts, outside });
  const ground: Ground = {
    ...named.ground,
    exposure: exposure.windows,
    cloud: findCloudServices(evidence, assets, exposure.windows),
    isExposed: exposureLookup(exposure.windows),
  };
  const logins = gatherLogins(evidence, assets, actors);
  const queries = gatherQueries(evidence, assets, actors, outside);
  const { strings } = evidence.dictionaries;
  return {
    ground,
    base,
    contacts,
    logins,
    queries,
    activity: countActivity(
      actors.count,
      assets.count,
      strings.size,
      contacts,
      logins,
      queries,
      (asset, program) => exposure.portOn(asset, portsOfProgram(strings.text(program))),
    ),
    exposure,
    isServiceExposed: serviceLookup(contacts, exposure.windows),
    outside,
    addressOf: addressesOfActors(actors),
    inferred: [...own.inferred, ...named.inferred],
  };
}

function exposureLookup(windows: readonly ExposureWindow[]): Ground['isExposed'] {
  const byService = new Map<string, ExposureWindow[]>();
  for (const window of windows) {
    const key = `${window.asset}:${window.port}:${window.protocol}`;
    byService.set(key, [...(byService.get(key) ?? []), window]);
  }
  return (asset, port, protocol, atUs) =>
    (byService.get(`${asset}:${port}:${protocol}`) ?? []).some(
      (window) => atUs >= window.openedUs && atUs <= window.closedUs,
    );
}

function serviceLookup(contacts: Contacts, windows: readonly ExposureWindow[]): Bench['isServiceExposed'] {
  const { services } = contacts;
  const byService = new Map<number, ExposureWindow[]>();
  for (let service = 0; service < services.count; service++) {
    const mine = windows.filter(
      (window) =>
        window.port === services.port[service] &&
        window.asset === services.asset[service] &&
        window.protocol === services.protocol[service],
    );
    if (mine.length > 0) byService.set(service, mine);
  }
  return (service, atUs) =>
    byService.get(service)?.some((window) => atUs >= window.openedUs && atUs <= window.closedUs) ?? false;
}

/** First and last time of any row; both NaN without a row that has one. */
function spanOf(evidence: Evidence): [Micros, Micros] {
  let from = Infinity;
  let to = -Infinity;
  const { flows, logins, queries, changes } = evidence.tables;
  for (const { length, columns } of flows.segments) {
    for (let i = 0; i < length; i++) {
      if (columns.startUs[i] < from) from = columns.startUs[i];
      if (columns.startUs[i] > to) to = columns.startUs[i];
      if (columns.endUs[i] > to) to = columns.endUs[i];
    }
  }
  for (const table of [logins, queries, changes] as const) {
    for (const { length, columns } of table.segments) {
      for (let i = 0; i < length; i++) {
        if (columns.timeUs[i] < from) from = columns.timeUs[i];
        if (columns.timeUs[i] > to) to = columns.timeUs[i];
      }
    }
  }
  return (from <= to ? [from, to] : [Number.NaN, Number.NaN]) as [Micros, Micros];
}
