import { listUnder } from '../base/lists';
import type { Micros } from '../base/brand';
import { finished, type InParts } from '../base/parts';
import { countActivity, type Activity } from './activity';
import { addressesOfActors, indexActors, labelActors, type IndexedActors } from './actors';
import { indexAssets, isSameBinding, type ExtraAlias } from './assets';
import { gatherContactsInParts, outsideActors, type Contacts } from './contacts';
import { findCloudServices } from './cloud-exposure';
import type { ActorIndex, AssetBinding, AssetIndex, AssetLabels, ExposureWindow, Ground } from './context';
import type { Evidence } from './evidence';
import { findExposure, type Exposure } from './exposure';
import { gatherLoginsInParts, gatherQueriesInParts, type LoginEvents, type QueryEvents } from './log-events';
import { portsOfProgram } from './log-places';
import { NO_LABELS, type Inputs } from './memory';
import { findOwnNetworks, type OwnNetworks } from './own-networks';
import { DEFAULT_THRESHOLDS, type CaseParameters, type Thresholds } from './parameters';
import { profileFor, type FullProfile } from './profiles';
import { EXPOSURE_THRESHOLDS, IDENTITY_THRESHOLDS, pickThresholds } from './thresholds';
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

/** What `stitchSessions` and all before it give. */
export type Roots = Pick<Base, 'evidence' | 'own' | 'stitched'>;

export function layBase(evidence: Evidence, parameters: CaseParameters): Base {
  const thresholds = thresholdsOf(parameters);
  const own = findOwnNetworks(evidence, parameters, thresholds);
  return { evidence, parameters, thresholds, own, stitched: stitchSessions(evidence, own, thresholds) };
}

/** Who calls and when, before anything is known of our own side. */
export interface Callers {
  readonly people: IndexedActors;
  /** First and last time of any row; both NaN without a row that has one. */
  readonly span: readonly [Micros, Micros];
}

export function findCallers({ evidence, own, stitched }: Roots, { thresholds }: Inputs): Callers {
  const limits = pickThresholds(thresholds, IDENTITY_THRESHOLDS);
  return { people: indexActors(evidence, own, stitched.sessions, limits), span: spanOf(evidence) };
}

/** Who and what the addresses and host names of a case are, apart from who of them is known. */
export interface Named {
  readonly callers: Callers;
  readonly assets: AssetBinding;
  readonly labels: AssetLabels;
}

/**
 * Names assets. `extraAliases` joins host names to addresses that other evidence ties them to. Where only what assets are called differs
 * from `former`, the binding is that of `former`: what rests on it alone stays.
 */
export function nameAssets(
  { evidence, own, stitched: { sessions } }: Roots,
  callers: Callers,
  { parameters }: Inputs,
  former?: Named,
  extraAliases: readonly ExtraAlias[] = [],
): Named {
  const index = indexAssets(evidence, parameters, own, sessions, extraAliases);
  const { names, aliases, why, ...binding } = index;
  // Callers are found anew with every other set of sessions.
  const isFormer = former?.callers === callers && isSameBinding(former.assets, binding);
  return { callers, assets: isFormer ? former.assets : binding, labels: { names, aliases, why } };
}

/**
 * Writes into the sessions which actors and assets they are of. Joined names change the numbers of assets, so a step under other names
 * than the last binding's begins with this: the clocks with the first names, whatever a former run settled, and all after them with the
 * settled ones, though these be the first again.
 */
export function bindTo({ stitched }: Roots, named: Named): Named {
  bindSessions(stitched.sessions, named.assets, named.callers.people.actors);
  return named;
}

/** A ground on which nothing is exposed, nobody known and nothing called by a name yet: enough to match hosts to addresses. */
export function bareGround(base: Base, { assets, callers }: Named): Ground {
  const [fromUs, toUs] = callers.span;
  const actors = { ...callers.people.actors, known: [] };
  return groundOf(base, labelled(assets, NO_LABELS), { actors, fromUs, toUs });
}

/** Looks a label up only when it is asked for, so that steps that ask for none are seen not to. */
function labelled(assets: AssetBinding, labels: AssetLabels): AssetIndex {
  return {
    ...assets,
    get names() {
      return labels.names;
    },
    get aliases() {
      return labels.aliases;
    },
    get why() {
      return labels.why;
    },
  };
}

/** All of a bench that no single question can change: its parts are results of steps, laid together. */
export interface Laid {
  readonly roots: Roots;
  readonly assets: AssetBinding;
  readonly actors: ActorIndex;
  readonly contacts: Contacts;
  readonly logins: LoginEvents;
  readonly queries: QueryEvents;
  readonly activity: Activity;
  readonly exposure: Exposure;
  readonly cloud: Ground['cloud'];
  readonly outside: Uint8Array;
  readonly fromUs: Micros;
  readonly toUs: Micros;
  readonly addressOf: Uint32Array;
  readonly exposureOf: Ground['exposureOf'];
  readonly isServiceExposed: Bench['isServiceExposed'];
  readonly inferred: readonly string[];
}

export const GROUND_STEPS = [
  'known actors',
  'contacts',
  'exposure',
  'log events',
  'activity',
  'ground',
] as const;
export type GroundStep = (typeof GROUND_STEPS)[number];

/** From names to the whole ground: contacts, exposure, log events and what each actor did. A generator, so that it may pause before each. */
export function* layParts<Y>(
  take: <T>(step: GroundStep, of: readonly unknown[], run: (inputs: Inputs) => T) => Generator<Y, T>,
  takeInParts: <T>(
    step: GroundStep,
    of: readonly unknown[],
    run: (inputs: Inputs) => InParts<T>,
  ) => Generator<Y, T>,
  roots: Roots,
  named: Named,
): Generator<Y, Laid> {
  const { evidence, own } = roots;
  const { sessions } = roots.stitched;
  const { assets, callers } = named;
  const { strings } = evidence.dictionaries;
  const people = yield* take('known actors', [callers], ({ parameters }) =>
    labelActors(evidence, parameters, callers.people),
  );
  const { actors } = people;
  const contacts = yield* takeInParts('contacts', [assets, callers], () =>
    gatherContactsInParts(sessions, callers.people.actors.count),
  );
  const outside = outsideActors(actors, assets.isOwn);
  const exposure = yield* takeInParts('exposure', [assets, people, contacts], (inputs) =>
    findExposure({
      ...{ evidence, actors, sessions, contacts, outside },
      parameters: inputs.parameters,
      assets: labelled(assets, inputs.labels),
      limits: pickThresholds(inputs.thresholds, EXPOSURE_THRESHOLDS),
    }),
  );
  const events = yield* takeInParts('log events', [assets, callers], function* () {
    return {
      logins: yield* gatherLoginsInParts(evidence, assets, callers.people.actors),
      queries: yield* gatherQueriesInParts(evidence, assets, callers.people.actors, outside),
    };
  });
  const portOf = (asset: number, program: number): number =>
    exposure.portOn(asset, portsOfProgram(strings.text(program)));
  const activity = yield* take('activity', [assets, callers, contacts, events, exposure], () =>
    countActivity(actors.count, assets.count, strings.size, contacts, events.logins, events.queries, portOf),
  );
  const parts = [own, assets, people, contacts, exposure, events, activity];
  return yield* take('ground', parts, ({ labels }) => {
    const [fromUs, toUs] = callers.span;
    const exposureOf = exposureLookup(exposure.windows);
    return {
      ...{ roots, assets, actors, contacts, activity, exposure, outside, fromUs, toUs },
      ...events,
      cloud: findCloudServices(evidence, labelled(assets, labels), exposure),
      addressOf: addressesOfActors(actors),
      exposureOf,
      isServiceExposed: serviceLookup(contacts, exposureOf),
      inferred: [...own.inferred, ...people.inferred],
    };
  });
}

/** The laid ground as one step sees it, with the parameters that it is given. */
export function benchOf(laid: Laid, { parameters, thresholds, labels }: Inputs): Bench {
  const { contacts, logins, queries, activity, exposure, isServiceExposed, outside, addressOf, inferred } =
    laid;
  const base: Base = { ...laid.roots, parameters, thresholds };
  return {
    ground: groundOf(base, labelled(laid.assets, labels), laid),
    base,
    ...{ contacts, logins, queries, activity, exposure, isServiceExposed, outside, addressOf, inferred },
  };
}

function groundOf(
  base: Base,
  assets: AssetIndex,
  laid: Pick<Laid, 'actors' | 'fromUs' | 'toUs'> & Partial<Pick<Laid, 'exposure' | 'cloud' | 'exposureOf'>>,
): Ground {
  const { evidence, parameters, thresholds } = base;
  const { actors, fromUs, toUs } = laid;
  const profiles = new Map<string, FullProfile>();
  return {
    ...{ evidence, parameters, thresholds, assets, actors, fromUs, toUs },
    sessions: base.stitched.sessions,
    exposure: laid.exposure?.windows ?? [],
    cloud: laid.cloud ?? [],
    profileOf(asset, port, protocol) {
      const key = `${asset}:${port}:${protocol}`;
      let profile = profiles.get(key);
      if (!profile) profiles.set(key, (profile = profileFor(assets, parameters, asset, port, protocol)));
      return profile;
    },
    exposureOf: laid.exposureOf ?? (() => []),
  };
}

/** The whole ground at once, for whoever asks no more than one question of it. */
export function layGround(base: Base): Bench {
  const unnamed: Inputs = { parameters: base.parameters, thresholds: base.thresholds, labels: NO_LABELS };
  const named = bindTo(base, nameAssets(base, findCallers(base, unnamed), unnamed));
  const inputs: Inputs = { ...unnamed, labels: named.labels };
  const parts = layParts(
    // eslint-disable-next-line require-yield -- nothing to wait for
    function* (_step, _of, run) {
      return run(inputs);
    },
    // eslint-disable-next-line require-yield -- the same
    function* (_step, _of, run) {
      return finished(run(inputs));
    },
    base,
    named,
  );
  const laid = parts.next();
  if (!laid.done) throw new Error('the ground was not laid at once');
  return benchOf(laid.value, inputs);
}

function exposureLookup(windows: readonly ExposureWindow[]): Ground['exposureOf'] {
  const byAsset = new Map<number, ExposureWindow[]>();
  for (const window of windows) {
    listUnder(byAsset, window.asset, window);
  }
  return (asset) => byAsset.get(asset) ?? [];
}

function serviceLookup(contacts: Contacts, exposureOf: Ground['exposureOf']): Bench['isServiceExposed'] {
  const { services } = contacts;
  const byService: (readonly ExposureWindow[] | undefined)[] = [];
  for (let service = 0; service < services.count; service++) {
    const mine = exposureOf(services.asset[service]).filter(
      ({ port, protocol }) => port === services.port[service] && protocol === services.protocol[service],
    );
    byService.push(mine.length > 0 ? mine : undefined);
  }
  return (service, atUs) => {
    const mine = byService[service];
    if (mine === undefined) return false;
    for (const { openedUs, closedUs } of mine) if (atUs >= openedUs && atUs <= closedUs) return true;
    return false;
  };
}

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
