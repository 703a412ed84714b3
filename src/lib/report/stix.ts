import { placeWords } from '../analysis/place-words';
import { createSHA1 } from 'hash-wasm';
import { greatest } from '../base/extremes';
import type { ActorFinding, Findings } from '../analysis/findings';
import { formatAddress, isMappedIpv4, parseAddress } from '../base/addresses';
import { encodeUtf8 } from '../base/bytes';
import { visibleText } from '../base/visible';
import { answerSentence } from '../notebook/sentences/answer';
import { describeCell } from '../notebook/sentences/index';
import { sentenceInZone } from '../notebook/times';
import { defangText } from './defang';
import { reportedActors } from './reported';

/** What a STIX property may hold. */
type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

export interface StixObject {
  readonly type: string;
  readonly id: string;
  readonly [property: string]: Value;
}

export interface StixBundle {
  readonly type: 'bundle';
  readonly id: string;
  readonly objects: readonly StixObject[];
}

/** Section 2.9 of STIX 2.1 (docs.oasis-open.org/cti/stix/v2.1/os): observables of one content have one id, whoever writes them. */
const OBSERVABLES = '00abedb4-aa42-466c-9c01-fed23315a9b7';
/** Ours, for everything else: the same findings give the same ids, so that a bundle can be imported twice. */
const UNDERTONE = '438df566-6645-43d3-a532-135a1d8e9561';

/** TLP 2.0 as OASIS publishes it for STIX 2.1 (github.com/oasis-open/cti-stix-common-objects, extension-definition-specifications/tlp-2.0). */
const TLP_EXTENSION = 'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d';
const TLP_CREATED = '2022-10-01T00:00:00.000Z';
const TLP_IDS: Readonly<Record<string, string>> = {
  CLEAR: '94868c89-83c2-464b-929b-a1a8aa3c8487',
  GREEN: 'bab4a63c-aed9-4cf5-a766-dfca5abac2bb',
  AMBER: '55d920b0-5e8b-4f79-9ee9-91f868d9b421',
  'AMBER+STRICT': '939a9414-2ddd-4d32-a0cd-375ea402b003',
  RED: 'e828b379-4e03-4974-9ac4-e53a884c97c1',
};

/** Properties that make an observable's id, by its type (the specification's "ID Contributing Properties"). */
const CONTRIBUTING: Readonly<Record<string, readonly string[]>> = {
  'ipv4-addr': ['value'],
  'ipv6-addr': ['value'],
  'user-account': ['account_type', 'user_id', 'account_login'],
  'network-traffic': [
    'start',
    'end',
    'src_ref',
    'dst_ref',
    'src_port',
    'dst_port',
    'protocols',
    'extensions',
  ],
};

/** Largest count that `number_observed` and a sighting may have. */
const MOST_COUNTED = 999_999_999;

/**
 * What was found, as a STIX 2.1 bundle for threat-intelligence platforms: who did more than make noise, and with which of our services, as
 * observed data; the watch list as indicators with their sightings; each verdict as a note. Values are not defanged: machines read them. Noise is
 * no object each: a platform that is given thousands of scanners learns nothing. Dated by the last record of the evidence.
 */
export async function stixBundle(findings: Findings, tlp: string): Promise<StixBundle> {
  const sha1 = await createSHA1();
  const uuid = (namespace: string, name: string): string => uuid5(sha1, namespace, name);
  const writer = new BundleWriter(uuid, lastOf(findings), tlp);
  const observed = new Map<string, StixObject>();
  const touched = touchedBy(findings);
  const listed = new Set(findings.aftermath.watchList.map(({ indicator }) => indicator));
  for (const actor of reportedActors(findings, listed)) {
    const object = observedData(writer, actor, touched.get(actor.actor) ?? []);
    if (object) observed.set(actor.actor, object);
  }
  for (const entry of findings.aftermath.watchList) {
    const actor = findings.actors.find(({ actor }) => actor === entry.indicator);
    writer.watch(entry, actor, observed.get(entry.indicator));
  }
  const { finding } = describeCell('answer', findings);
  writer.note('Was data queried while a service was exposed?', finding.text, []);
  for (const answer of findings.answers) {
    const refs = answer.actors.flatMap((actor) => observed.get(actor)?.id ?? []);
    writer.note(`${placeWords(answer)}: ${answer.verdict}`, answerSentence(answer, findings), refs);
  }
  writer.unwatched();
  return writer.bundle();
}

/** A service of ours that an actor touched: `9200/tcp` of an address, or of a name that has none. */
interface Touched {
  readonly asset: string;
  readonly service: string;
}

function touchedBy({ ladder, assets }: Findings): ReadonlyMap<string, readonly Touched[]> {
  const addresses = new Map(assets.map((entry) => [entry.asset, entry.addresses[0]]));
  const touched = new Map<string, Touched[]>();
  for (const { actor, asset, service } of ladder) {
    const known = touched.get(actor) ?? [];
    touched.set(actor, known);
    known.push({ asset: addresses.get(asset) ?? asset, service });
  }
  return touched;
}

function observedData(
  writer: BundleWriter,
  { actor, firstUs, lastUs, sessions, events }: ActorFinding,
  services: readonly Touched[],
): StixObject | null {
  if (!Number.isFinite(firstUs) || !Number.isFinite(lastUs)) return null;
  const who = writer.actor(actor);
  const traffic = services.flatMap((touched) => writer.traffic(who, touched));
  return writer.described('observed-data', {
    first_observed: timestamp(firstUs),
    last_observed: timestamp(Math.max(firstUs, lastUs)),
    number_observed: counted(sessions + events),
    object_refs: [...new Set([who, ...traffic].map(({ id }) => id))],
  });
}

class BundleWriter {
  readonly #uuid: (namespace: string, name: string) => string;
  readonly #created: string;
  readonly #objects = new Map<string, StixObject>();
  readonly #marking: string;
  readonly #author: string;
  readonly #unwatched: string[] = [];

  constructor(uuid: (namespace: string, name: string) => string, createdUs: number, tlp: string) {
    this.#uuid = uuid;
    this.#created = timestamp(createdUs);
    const label = tlp in TLP_IDS ? tlp : 'RED';
    this.#marking = `marking-definition--${TLP_IDS[label] ?? ''}`;
    this.#add({
      type: 'marking-definition',
      spec_version: '2.1',
      id: this.#marking,
      created: TLP_CREATED,
      name: `TLP:${label}`,
      extensions: {
        [TLP_EXTENSION]: { extension_type: 'property-extension', tlp_2_0: label.toLowerCase() },
      },
    });
    // Alone of all objects it says nothing of the case, and is the same in every bundle.
    this.#author = this.#add({
      type: 'identity',
      spec_version: '2.1',
      id: `identity--${uuid(UNDERTONE, 'identity')}`,
      created: TLP_CREATED,
      modified: TLP_CREATED,
      name: 'Undertone',
      identity_class: 'system',
    }).id;
  }

  /** An address, or an account where the actor is known by its principal. */
  actor(name: string): StixObject {
    return this.#address(name) ?? this.#observable('user-account', { user_id: name });
  }

  /** The actor's traffic with a service; none for a service without a port, such as a cloud's. */
  traffic(who: StixObject, { asset, service }: Touched): StixObject[] {
    const [, port, protocol = ''] = /^(\d{1,5})\/([a-z0-9-]+)$/.exec(service) ?? [];
    if (port === undefined || who.type === 'user-account') return [];
    const target = this.#address(asset);
    const network = who.type === 'ipv4-addr' ? 'ipv4' : 'ipv6';
    return [
      this.#observable('network-traffic', {
        src_ref: who.id,
        ...(target && { dst_ref: target.id }),
        dst_port: Number(port),
        protocols: [network, protocol],
      }),
    ];
  }

  watch(
    { indicator, kind, reason }: Findings['aftermath']['watchList'][number],
    actor: ActorFinding | undefined,
    observed: StixObject | undefined,
  ): void {
    const pattern = this.#pattern(kind, indicator);
    if (pattern === null) {
      this.#unwatched.push(`${indicator} (${kind}): ${reason}`);
      return;
    }
    const from = actor && Number.isFinite(actor.firstUs) ? timestamp(actor.firstUs) : this.#created;
    const made = this.described('indicator', {
      name: `Watch list: ${visibleText(indicator)}`,
      description: prose(reason),
      indicator_types: ['anomalous-activity'],
      pattern,
      pattern_type: 'stix',
      pattern_version: '2.1',
      valid_from: from,
    });
    if (!observed) return;
    const { first_observed, last_observed, number_observed } = observed as Record<string, Value>;
    this.described('sighting', {
      first_seen: first_observed as Value,
      last_seen: last_observed as Value,
      count: number_observed as Value,
      sighting_of_ref: made.id,
      observed_data_refs: [observed.id],
    });
  }

  note(abstract: string, content: string, refs: readonly string[]): void {
    this.described('note', {
      abstract: prose(abstract),
      content: prose(content),
      object_refs: refs.length > 0 ? [...new Set(refs)] : [this.#author],
    });
  }

  /** What of the watch list STIX has no observable for, such as fingerprints of keys: said, not dropped. */
  unwatched(): void {
    if (this.#unwatched.length === 0) return;
    this.note('To be watched too, without a pattern of STIX for it', this.#unwatched.join('\n'), []);
  }

  /** A domain or relationship object: its id follows from all that it says. */
  described(type: string, properties: { readonly [key: string]: Value }): StixObject {
    const said = { ...properties, created: this.#created, object_marking_refs: [this.#marking] };
    return this.#add({
      type,
      spec_version: '2.1',
      id: `${type}--${this.#uuid(UNDERTONE, canonical({ type, ...said }))}`,
      created_by_ref: this.#author,
      modified: this.#created,
      ...said,
    });
  }

  bundle(): StixBundle {
    const objects = [...this.#objects.values()];
    const id = `bundle--${this.#uuid(UNDERTONE, objects.map((object) => object.id).join(' '))}`;
    return { type: 'bundle', id, objects };
  }

  #address(text: string): StixObject | null {
    const words = parseAddress(text);
    if (!words) return null;
    const [w0, w1, w2] = words;
    const value = formatAddress(...words);
    return this.#observable(isMappedIpv4(w0, w1, w2) ? 'ipv4-addr' : 'ipv6-addr', { value });
  }

  #pattern(kind: string, indicator: string): string | null {
    if (kind === 'key') return null;
    if (kind === 'user')
      return `[user-account:user_id = ${quoted(indicator)} OR user-account:account_login = ${quoted(indicator)}]`;
    const address = this.#address(indicator);
    return address && `[${address.type}:value = ${quoted(String(address['value']))}]`;
  }

  #observable(type: string, properties: { readonly [key: string]: Value }): StixObject {
    const named = Object.entries(properties).filter(([name]) => CONTRIBUTING[type]?.includes(name));
    return this.#add({
      type,
      spec_version: '2.1',
      id: `${type}--${this.#uuid(OBSERVABLES, canonical(Object.fromEntries(named)))}`,
      object_marking_refs: [this.#marking],
      ...properties,
    });
  }

  #add(object: StixObject): StixObject {
    const known = this.#objects.get(object.id);
    if (!known) this.#objects.set(object.id, object);
    return known ?? object;
  }
}

function lastOf({ sources }: Findings): number {
  const last = greatest(sources.map(({ lastUs }) => lastUs).filter(Number.isFinite));
  return Number.isFinite(last) ? last : 0;
}

/** Section 3.2: RFC 3339 in UTC. Milliseconds, which every reader knows. */
function timestamp(us: number): string {
  return new Date(Math.floor(us / 1000)).toISOString();
}

function counted(count: number): number {
  return Math.min(MOST_COUNTED, Math.max(1, Math.round(count)));
}

/** A sentence for a person: indicators in it are no links. */
function prose(text: string): string {
  return defangText(visibleText(sentenceInZone(text, 'UTC')));
}

/** A string of a pattern, section 9.2. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** RFC 8785, for values without fractions: keys in order, nothing between. */
function canonical(value: Value): string {
  if (Array.isArray(value)) return `[${value.map((item: Value) => canonical(item)).join(',')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value as { readonly [key: string]: Value });
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

/** RFC 9562, section 5.5. */
function uuid5(sha1: Awaited<ReturnType<typeof createSHA1>>, namespace: string, name: string): string {
  const space = Uint8Array.from(namespace.replaceAll('-', '').match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  );
  sha1.init();
  const bytes = sha1.update(space).update(encodeUtf8(name)).digest('binary').slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
