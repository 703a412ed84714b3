import { describe, expect, it } from 'vitest';
import { emptyFindings, someActor, someAnswer, someSource } from '../../../tests/support/findings';
import type { Findings, LadderFinding } from '../analysis/findings';
import type { Micros } from '../base/brand';
import { stixBundle, type StixBundle, type StixObject } from './stix';

const LAST_US = 1_425_945_600_000_000 as Micros;
const HOSTILE = "x' OR [file:name = 'y'] \\ \u202e<b>";

function ladder(actor: string, changes: Partial<LadderFinding> = {}): LadderFinding {
  return {
    asset: 'log-3',
    service: '9200/tcp',
    actor,
    standing: 'quiet',
    rung: 7,
    inferred: false,
    atUs: LAST_US,
    why: [],
    ...changes,
  };
}

function someFindings(changes: Partial<Findings> = {}): Findings {
  return emptyFindings({
    sources: [someSource('vpc.log')],
    assets: [{ asset: 'log-3', aliases: [], addresses: ['198.51.100.3'], exposed: true, why: [] }],
    actors: [
      someActor('198.51.100.2', { quietRank: 1, standing: 'quiet', sessions: 3, events: 4 }),
      someActor('2001:db8::1', { succeeded: true }),
      someActor(HOSTILE, { kind: 'principal', quietRank: 2 }),
      someActor('203.0.113.99', { standing: 'noise' }),
      someActor('203.0.113.50', {
        firstUs: Number.NaN as Micros,
        lastUs: Number.NaN as Micros,
        quietRank: 3,
      }),
    ],
    ladder: [
      ladder('198.51.100.2'),
      ladder('198.51.100.2', { service: 's3', asset: 'bucket' }),
      ladder(HOSTILE),
    ],
    answers: [
      someAnswer({ verdict: 'queried', rung: 7, actors: ['198.51.100.2'] }),
      someAnswer({ service: '22/tcp' }),
    ],
    aftermath: {
      ...emptyFindings().aftermath,
      watchList: [
        { indicator: '198.51.100.2', kind: 'address', reason: 'read data from 198.51.100.3' },
        { indicator: HOSTILE, kind: 'user', reason: 'made during it' },
        { indicator: 'SHA256:abc', kind: 'key', reason: 'logged in' },
      ],
    },
    ...changes,
  });
}

const ID = /^([a-z0-9-]+)--[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Required properties by type, and those that a reference may be of: STIX 2.1, sections 3.2, 4.7, 4.12, 4.14, 5.2, 6 and 7.2. */
const REQUIRED: Record<string, readonly string[]> = {
  'marking-definition': ['created'],
  identity: ['created', 'modified', 'name'],
  'observed-data': [
    'created',
    'modified',
    'first_observed',
    'last_observed',
    'number_observed',
    'object_refs',
  ],
  indicator: ['created', 'modified', 'pattern', 'pattern_type', 'valid_from'],
  sighting: ['created', 'modified', 'sighting_of_ref'],
  note: ['created', 'modified', 'content', 'object_refs'],
  'ipv4-addr': ['value'],
  'ipv6-addr': ['value'],
  'user-account': [],
  'network-traffic': ['protocols'],
};
const ALLOWED: Record<string, readonly string[]> = {
  'marking-definition': ['name', 'extensions'],
  identity: ['identity_class'],
  'observed-data': [],
  indicator: ['name', 'description', 'indicator_types', 'pattern_version'],
  sighting: ['first_seen', 'last_seen', 'count', 'observed_data_refs'],
  note: ['abstract'],
  'ipv4-addr': [],
  'ipv6-addr': [],
  'user-account': ['user_id'],
  'network-traffic': ['src_ref', 'dst_ref', 'dst_port'],
};
const COMMON = ['type', 'spec_version', 'id', 'object_marking_refs', 'created_by_ref'];
const OBSERVABLES = ['ipv4-addr', 'ipv6-addr', 'user-account', 'network-traffic'];

function expectValid(bundle: StixBundle): void {
  expect(Object.keys(bundle).sort()).toEqual(['id', 'objects', 'type']);
  expect(bundle.id).toMatch(ID);
  const ids = new Set(bundle.objects.map(({ id }) => id));
  expect(ids.size).toBe(bundle.objects.length);
  for (const object of bundle.objects) {
    const { type, id } = object;
    expect(ID.exec(id)?.[1], id).toBe(type);
    expect(object['spec_version']).toBe('2.1');
    const names = Object.keys(object);
    expect(names, type).toEqual(expect.arrayContaining([...(REQUIRED[type] ?? ['unknown type'])]));
    const known = [...COMMON, ...REQUIRED[type]!, ...ALLOWED[type]!];
    expect(
      names.filter((name) => !known.includes(name)),
      type,
    ).toEqual([]);
    for (const [name, value] of Object.entries(object)) {
      if (/_refs?$/.test(name)) {
        const refs = [value].flat() as string[];
        expect(refs.length, name).toBeGreaterThan(0);
        for (const ref of refs) expect(ids.has(ref), `${type}.${name} → ${ref}`).toBe(true);
      }
      if (/^(created|modified|(first|last)_(observed|seen)|valid_from)$/.test(name))
        expect(value).toMatch(TIME);
    }
    expectKind(object);
  }
}

/** What the specification asks of one type beside its properties. */
function expectKind(object: StixObject): void {
  const typesOf = (name: string): string[] =>
    ([object[name]].flat() as string[]).filter((ref) => ref !== undefined).map((ref) => ref.split('--')[0]!);
  switch (object.type) {
    case 'observed-data':
      expect(OBSERVABLES).toEqual(expect.arrayContaining([...new Set(typesOf('object_refs'))]));
      expect(object['number_observed']).toSatisfy(
        (n: number) => Number.isInteger(n) && n >= 1 && n <= 999_999_999,
      );
      expect(String(object['last_observed']) >= String(object['first_observed'])).toBe(true);
      break;
    case 'sighting':
      expect(typesOf('sighting_of_ref')).toEqual(['indicator']);
      expect(new Set(typesOf('observed_data_refs'))).toEqual(new Set(['observed-data']));
      expect(object['count']).toSatisfy((n: number) => Number.isInteger(n) && n >= 0 && n <= 999_999_999);
      break;
    case 'indicator':
      expect(object['pattern_type']).toBe('stix');
      expect(object['pattern']).toMatch(
        /^\[(?:ipv[46]-addr:value = '[0-9a-f.:]+'|user-account:user_id = '(?:[^'\\]|\\.)*' OR user-account:account_login = '(?:[^'\\]|\\.)*')\]$/s,
      );
      break;
    case 'network-traffic':
      for (const end of ['src_ref', 'dst_ref'])
        for (const type of typesOf(end)) expect(type).toMatch(/^ipv[46]-addr$/);
      expect(typesOf('src_ref').length).toBe(1);
      break;
    case 'user-account':
      expect(object['user_id']).not.toBe('');
  }
}

const only = (bundle: StixBundle, type: string): StixObject[] =>
  bundle.objects.filter((object) => object.type === type);

describe('the STIX bundle', () => {
  it('is valid, of findings and of none', async () => {
    expectValid(await stixBundle(someFindings(), 'AMBER'));
    expectValid(await stixBundle(emptyFindings(), 'CLEAR'));
  });

  it('gives observables the ids that everybody gives them', async () => {
    const bundle = await stixBundle(someFindings(), 'AMBER');
    const idOf = (value: string): string | undefined =>
      bundle.objects.find((object) => object['value'] === value)?.id;
    // The second is the specification's own example (section 2.9); all as Python's uuid.uuid5 makes them of the canonical JSON.
    expect(idOf('198.51.100.2')).toBe('ipv4-addr--9cf4a8ec-7640-5f40-a006-79942896168b');
    expect(idOf('2001:db8::1')).toBe('ipv6-addr--6469e3a9-b053-5e34-a025-9396ae051d26');
    expect(only(bundle, 'network-traffic')[0]?.id).toBe(
      'network-traffic--dc6c5cfb-ba97-5ddd-a0a6-3dd7974923df',
    );
    expect(idOf('198.51.100.3')).toBe('ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4');
  });

  it('gives the same findings the same ids, and others others', async () => {
    const [first, again, other] = await Promise.all([
      stixBundle(someFindings(), 'AMBER'),
      stixBundle(someFindings(), 'AMBER'),
      stixBundle(someFindings({ answers: [] }), 'AMBER'),
    ]);
    expect(again).toEqual(first);
    expect(other.id).not.toBe(first.id);
    expect(only(first, 'note')[0]?.['created']).toBe('2015-03-10T00:00:00.000Z');
  });

  it('tells of each actor that is more than noise what it touched, how often and when', async () => {
    const bundle = await stixBundle(someFindings(), 'AMBER');
    const seen = only(bundle, 'observed-data');
    expect(seen).toHaveLength(3);
    const [traffic] = only(bundle, 'network-traffic');
    expect(traffic).toMatchObject({
      src_ref: 'ipv4-addr--9cf4a8ec-7640-5f40-a006-79942896168b',
      dst_ref: 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4',
      dst_port: 9200,
      protocols: ['ipv4', 'tcp'],
    });
    expect(only(bundle, 'network-traffic')).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      first_observed: '2015-02-20T00:00:00.000Z',
      last_observed: '2015-02-20T00:01:40.000Z',
      number_observed: 7,
      object_refs: [traffic?.['src_ref'], traffic?.id],
    });
    expect(only(bundle, 'user-account')[0]?.['user_id']).toBe(HOSTILE);
    expect(JSON.stringify(bundle)).not.toContain('203.0.113.99');
  });

  it('carries the watch list as indicators with their sightings, and says what no pattern can', async () => {
    const bundle = await stixBundle(someFindings(), 'AMBER');
    const [address, user] = only(bundle, 'indicator');
    expect(address?.['pattern']).toBe("[ipv4-addr:value = '198.51.100.2']");
    expect(address?.['valid_from']).toBe('2015-02-20T00:00:00.000Z');
    const escaped = "x\\' OR [file:name = \\'y\\'] \\\\ \u202e<b>";
    expect(user?.['pattern']).toBe(
      `[user-account:user_id = '${escaped}' OR user-account:account_login = '${escaped}']`,
    );
    expect(only(bundle, 'sighting').map((one) => one['sighting_of_ref'])).toEqual([address?.id, user?.id]);
    const left = only(bundle, 'note').at(-1);
    expect(left?.['content']).toBe('SHA256:abc (key): logged in');
  });

  it('carries each verdict as a note on what it rests on, with no live indicator in its text', async () => {
    const bundle = await stixBundle(someFindings(), 'AMBER');
    const notes = only(bundle, 'note');
    const queried = notes.find((note) => note['abstract'] === 'log-3 9200/tcp: queried');
    expect(queried?.['content']).toMatch(/was queried: 198\[\.\]51\[\.\]100\[\.\]2 reached/);
    expect(queried?.['object_refs']).toEqual([only(bundle, 'observed-data')[0]?.id]);
    const unclear = notes.find((note) => note['abstract'] === 'log-3 22/tcp: cannot tell');
    expect(unclear?.['object_refs']).toEqual([only(bundle, 'identity')[0]?.id]);
  });

  it.each([
    ['CLEAR', '94868c89-83c2-464b-929b-a1a8aa3c8487'],
    ['GREEN', 'bab4a63c-aed9-4cf5-a766-dfca5abac2bb'],
    ['AMBER', '55d920b0-5e8b-4f79-9ee9-91f868d9b421'],
    ['AMBER+STRICT', '939a9414-2ddd-4d32-a0cd-375ea402b003'],
    ['RED', 'e828b379-4e03-4974-9ac4-e53a884c97c1'],
  ])('marks all that it says TLP:%s, as OASIS publishes the marking', async (tlp, uuid) => {
    const { objects } = await stixBundle(someFindings(), tlp);
    const [marking, author, ...rest] = objects;
    expect(marking).toMatchObject({ id: `marking-definition--${uuid}`, name: `TLP:${tlp}` });
    expect(author?.type).toBe('identity');
    for (const object of rest) expect(object['object_marking_refs'], object.type).toEqual([marking?.id]);
  });
});
