import { PairSet } from '../base/pair-set';
import type { StringDictionary } from '../tables/string-dictionary';
import { LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import { rowIdOf } from '../tables/segment';
import { actorOfLogRow } from './actors';
import { assetOfLogRow } from './assets';
import { CLOUD_FORMATS } from './cloud-services';
import type { Ground } from './context';
import type { RowQuery } from './evidence';
import { QueryRungs } from './query-rungs';
import { credentialFile, findSecrets, kindOfKey, type Secret } from './secrets';
import { storedSecrets } from './stored-secrets';

/** One credential at one place: how often, by whom, since when. Holds the secret itself, for hashing only. */
export interface Sighting {
  readonly kind: string;
  readonly value: string;
  /** AssetId of the machine whose log it stands in, or −1. */
  readonly asset: number;
  readonly source: number;
  /** Who it belongs to or who used it, as the rows say. */
  holder: string;
  /** `object`, `agent`, … in a person's words. */
  readonly where: string;
  rows: number;
  firstUs: number;
  lastUs: number;
  /** A stranger used it and was let in: the text of one, or empty. */
  usedBy: string;
  readonly example: RowQuery;
}

/** Credentials that are told of by a name, since what they are is not seen. */
export const KIND = { file: 'credential file', stored: 'stored secret' } as const;

/** Distinct credentials kept, at most. */
const MOST_SIGHTINGS = 5_000;

interface Place {
  readonly table: 'logins' | 'queries' | 'changes';
  readonly source: number;
  readonly asset: number;
  readonly row: number;
  readonly atUs: number;
  readonly holder: string;
  readonly actor: number;
  readonly isLetIn: boolean;
}

/** Looks through every text that rows refer to, once a text, and notes which rows carry a credential. */
export function sightCredentials(ground: Ground, isStranger: Uint8Array): Sighting[] {
  const book = new SightingBook(ground.evidence.dictionaries.strings, ground, isStranger);
  sightLogins(ground, book);
  sightQueries(ground, book);
  sightChanges(ground, book);
  return book.all();
}

/** The machine whose log it stands in. A cloud's own log lies on none of ours. */
function placeOf(ground: Ground, source: number, host: number): number {
  const format = ground.evidence.sources.find((info) => info.id === source)?.format ?? '';
  return CLOUD_FORMATS.test(format) ? -1 : assetOfLogRow(ground.assets, source, host);
}

class SightingBook {
  readonly #strings: StringDictionary;
  readonly #ground: Ground;
  readonly #isStranger: Uint8Array;
  readonly #byText = new Map<number, readonly Secret[]>();
  /** 1: looked at and found to hold nothing, by string id. */
  readonly #isPlain: Uint8Array;
  readonly #sightings = new Map<string, Sighting>();

  constructor(strings: StringDictionary, ground: Ground, isStranger: Uint8Array) {
    this.#strings = strings;
    this.#ground = ground;
    this.#isStranger = isStranger;
    this.#isPlain = new Uint8Array(strings.size);
  }

  /** Notes what the text `id` of a row holds. `place` is only made where it holds something. */
  look(id: number, where: string, place: () => Place): void {
    if (id === 0 || this.#isPlain[id] === 1) return;
    let secrets = this.#byText.get(id);
    if (!secrets) {
      secrets = findSecrets(this.#strings.text(id));
      if (secrets.length === 0) {
        this.#isPlain[id] = 1;
        return;
      }
      this.#byText.set(id, secrets);
    }
    const at = place();
    // What a stranger types and is refused is a guess of theirs, not a credential of ours.
    if (at.actor !== -1 && this.#isStranger[at.actor] === 1 && !at.isLetIn) return;
    for (const secret of secrets) this.note(secret.kind, secret.value, where, at);
  }

  note(kind: string, value: string, where: string, place: Place): void {
    const key = `${kind}\n${value}\n${place.asset}\n${where}`;
    const isUse = place.actor !== -1 && this.#isStranger[place.actor] === 1 && place.isLetIn;
    const usedBy = isUse ? (this.#ground.actors.texts[place.actor] ?? '') : '';
    const known = this.#sightings.get(key);
    if (known) {
      known.rows += 1;
      known.firstUs = Math.min(known.firstUs, place.atUs);
      known.lastUs = Math.max(known.lastUs, place.atUs);
      if (known.usedBy === '') known.usedBy = usedBy;
      if (known.holder === '') known.holder = place.holder;
      return;
    }
    if (this.#sightings.size >= MOST_SIGHTINGS) return;
    this.#sightings.set(key, {
      kind,
      value,
      asset: place.asset,
      source: place.source,
      holder: place.holder,
      where,
      rows: 1,
      firstUs: place.atUs,
      lastUs: place.atUs,
      usedBy,
      example: { table: place.table, rows: [place.row] },
    });
  }

  all(): Sighting[] {
    return [...this.#sightings.values()];
  }
}

function sightLogins(ground: Ground, book: SightingBook): void {
  const { strings } = ground.evidence.dictionaries;
  ground.evidence.tables.logins.segments.forEach(({ columns, source, length }, segment) => {
    for (let i = 0; i < length; i++) {
      if (columns.outcome[i] !== LOGIN_OUTCOME.success) continue;
      const user = columns.user[i];
      const place = (): Place => ({
        table: 'logins',
        source,
        asset: placeOf(ground, source, columns.host[i]),
        row: rowIdOf(segment, i),
        atUs: columns.timeUs[i],
        holder: strings.text(user),
        actor: actorOfLogRow(ground.actors, columns.actorAddr[i], user, columns.actorName[i]),
        isLetIn: true,
      });
      const key = columns.key[i];
      if (key !== 0) {
        const text = strings.text(key);
        book.note(kindOfKey(text), text, 'a login', place());
      }
      const method = columns.method[i];
      if (user !== 0 && (method === LOGIN_METHOD.password || method === LOGIN_METHOD.keyboardInteractive))
        book.note('password', `${strings.text(user)}'s password`, 'a login', place());
    }
  });
}

/** Which requests ask for a stored secret, looked at once for each pair of a service and an object. */
class StoredSecrets {
  readonly #strings: StringDictionary;
  readonly #requests = new PairSet();
  readonly #names: (readonly string[])[] = [];

  constructor(strings: StringDictionary) {
    this.#strings = strings;
  }

  namesIn(service: number, object: number): readonly string[] {
    if (service === 0 || object === 0) return [];
    const request = this.#requests.add(service, object);
    return (this.#names[request] ??= storedSecrets(this.#strings.text(service), this.#strings.text(object)));
  }
}

function sightQueries(ground: Ground, book: SightingBook): void {
  const { strings } = ground.evidence.dictionaries;
  const rungs = new QueryRungs(ground.evidence);
  const stored = new StoredSecrets(strings);
  ground.evidence.tables.queries.segments.forEach(({ columns, source, length }, segment) => {
    const files = new Map<number, string>();
    for (let i = 0; i < length; i++) {
      const place = (): Place => ({
        table: 'queries',
        source,
        asset: placeOf(ground, source, columns.host[i]),
        row: rowIdOf(segment, i),
        atUs: columns.timeUs[i],
        holder: strings.text(columns.principal[i]),
        actor: actorOfLogRow(ground.actors, columns.actorAddr[i], columns.principal[i]),
        isLetIn: rungs.rungOf(columns, i, source) >= 5,
      });
      const object = columns.object[i];
      book.look(object, 'a request', place);
      book.look(columns.agent[i], 'a client name', place);
      let file = files.get(object);
      if (file === undefined) {
        file = object === 0 ? '' : credentialFile(strings.text(object));
        files.set(object, file);
      }
      // Bots ask every server for such files; only one that was handed out is gone.
      if (file !== '' && rungs.rungOf(columns, i, source) >= 6)
        book.note(KIND.file, file, 'a file that was read', place());
      const secrets = stored.namesIn(columns.service[i], object);
      if (secrets.length > 0 && rungs.rungOf(columns, i, source) >= 6)
        for (const name of secrets) book.note(KIND.stored, name, 'a secret that was read', place());
    }
  });
}

function sightChanges(ground: Ground, book: SightingBook): void {
  const { strings } = ground.evidence.dictionaries;
  ground.evidence.tables.changes.segments.forEach(({ columns, source, length }, segment) => {
    for (let i = 0; i < length; i++) {
      const place = (): Place => ({
        table: 'changes',
        source,
        asset: placeOf(ground, source, columns.host[i]),
        row: rowIdOf(segment, i),
        atUs: columns.timeUs[i],
        holder: strings.text(columns.principal[i]),
        actor: actorOfLogRow(ground.actors, columns.actorAddr[i], columns.principal[i]),
        isLetIn: columns.outcome[i] !== 2,
      });
      book.look(columns.target[i], 'the target of a change', place);
      book.look(columns.detail[i], 'a change', place);
    }
  });
}
