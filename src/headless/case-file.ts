import { parseAddress, parseCidr } from '../lib/base/addresses';
import { fail, ok, type Result } from '../lib/base/result';
import { parseIsoUtc } from '../lib/base/time';
import type { CaseParameters } from '../lib/analysis/parameters';
import { formatById } from '../lib/formats/registry';
import { zoneOf } from '../lib/ingest/zones';
import { THRESHOLD_WORDS } from '../lib/notebook/thresholds';
import {
  anyObject,
  listOf,
  numberFrom,
  objectOf,
  text,
  textThat,
  wholeNumber,
  yesOrNo,
  type Check,
} from './checks';

const zone = textThat((value) => zoneOf(value) !== undefined, 'a time zone such as Europe/Berlin or +02:00');
const year = wholeNumber(1970, 2200);
const port = wholeNumber(0, 65535);
const time = textThat(
  (value) => Number.isFinite(parseIsoUtc(value)),
  'an ISO 8601 time such as 2015-03-02T10:00:00Z',
);
const network = textThat((value) => parseCidr(value) !== null, 'a network such as 10.0.0.0/8');

const KEYS: Readonly<Record<string, Check>> = {
  name: text,
  zone,
  year,
  ownNetworks: listOf(network),
  assets: listOf(objectOf({ name: text, aliases: listOf(text) }, ['name'])),
  services: listOf(
    objectOf(
      {
        asset: text,
        port,
        proto: text,
        name: text,
        authRequired: yesOrNo,
        tls: yesOrNo,
        adminWithoutAuth: yesOrNo,
      },
      ['port'],
    ),
  ),
  sources: listOf(
    objectOf(
      {
        name: text,
        format: textThat((value) => formatById(value) !== undefined, 'the id of a known format'),
        zone,
        year,
        asset: text,
        heldOffAsset: yesOrNo,
        trusted: yesOrNo,
        mapping: anyObject,
      },
      ['name'],
    ),
  ),
  knownActors: listOf(
    objectOf(
      {
        actor: text,
        cidr: textThat((value) => parseCidr(value) !== null || parseAddress(value) !== null, 'a network'),
        label: text,
        list: text,
      },
      ['label'],
    ),
  ),
  exposure: listOf(
    objectOf({ asset: text, port, proto: text, opened: time, closed: time }, ['asset', 'port']),
  ),
  thresholds: objectOf(
    Object.fromEntries(
      Object.entries(THRESHOLD_WORDS).map(([name, { lowest, highest }]) => [
        name,
        numberFrom(lowest, highest),
      ]),
    ),
  ),
  distrust: listOf(objectOf({ asset: text, after: time }, ['asset', 'after'])),
};

const CASE = objectOf(KEYS);

export interface ReadCase {
  readonly parameters: CaseParameters;
  /** Where keys stood that nobody knows, at whatever depth; they were left out: a slip of the pen is no setting. */
  readonly leftOut: readonly string[];
}

/** Reads case.json; the failure names the first value that can't be used. */
export function parseCase(json: string): Result<ReadCase> {
  let value: unknown;
  try {
    value = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch (caught) {
    const reason = caught instanceof Error ? caught.message : String(caught);
    return fail({ what: `the case file is no JSON (${reason})` });
  }
  const wrong = CASE(value, 'case');
  if (wrong !== undefined) return fail({ what: `the case file can't be used: ${wrong}` });
  const leftOut: string[] = [];
  const given = withoutNull(value);
  return ok({ parameters: (CASE.prune?.(given, 'case', leftOut) ?? given) as CaseParameters, leftOut });
}

/** Everywhere in the value: whoever reads the parameters knows keys that are there and keys that are not. */
function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNull(item)]));
}
