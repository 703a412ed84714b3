import fc from 'fast-check';
import { encodeUtf8 } from '../../src/lib/base/bytes';
import type { JsonObject } from '../../src/lib/formats/shared/json';
import type { Wanted } from '../../src/lib/formats/shared/json-wanted';

/** What the wanted fields of a value are, by JSON.parse's reading of it. */
export function picked(value: unknown, wanted: true | Wanted): unknown {
  if (wanted === true || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const object = value as JsonObject;
  return Object.fromEntries(
    Object.keys(wanted).map((key) => [
      key,
      Object.hasOwn(object, key) ? picked(object[key], wanted[key] as true | Wanted) : undefined,
    ]),
  );
}

const text = fc.oneof(
  fc.constantFrom('', 'root', '198.51.100.7', 'a\\b', '"', 'line\nend', 'snö ☃ 𝄞', '\u0000', 'x'.repeat(70)),
  fc.string({ unit: 'binary' }),
);
const scalar = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((number) => Number(number.toFixed(6))),
  fc.constantFrom(true, false, null, 0, -0, 1e21, 5e-324, 1771545600.123456, 123456789012345680),
);
const KEYS = [
  'name',
  'a.b',
  'n',
  'user',
  'id',
  'more',
  'deep',
  'list',
  'Records',
  'nam',
  'names',
  '__proto__',
];
const key = fc.oneof(fc.constantFrom(...KEYS), text);

/** JSON objects, with keys that `KEYS` names among them. */
export const document = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, tie('object'), fc.array(tie('value'), { maxLength: 4 })),
  object: fc
    .array(fc.tuple(key, tie('value')), { maxLength: 8 })
    .map((entries) => Object.assign(Object.create(null) as object, Object.fromEntries(entries))),
})).object;

/** Some writer's way of writing it: with blanks, and with escapes where none are needed. */
export const style = fc.record({ indent: fc.constantFrom(0, 1, '\t'), escaped: fc.boolean() });

export function written(
  value: unknown,
  { indent, escaped }: { indent: string | number; escaped: boolean },
): string {
  const json = JSON.stringify(value, null, indent);
  return escaped ? json.replaceAll('/', '\\/').replaceAll('m', '\\u006d') : json;
}

const change = fc.tuple(
  fc.nat(),
  fc.oneof(fc.constantFrom(...encodeUtf8('{}[]":,\\0eE+-.t nu\n\t\r')), fc.nat(255)),
  fc.nat(2),
);

/** What changes, adds and takes away a few bytes. */
export const damageTo = fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
  return (whole: Uint8Array): Uint8Array => {
    let bytes = [...whole];
    for (const [place, byte, kind] of changes) {
      const at = place % (bytes.length + 1);
      bytes = [
        ...bytes.slice(0, at),
        ...(kind === 0 ? [] : [byte]),
        ...bytes.slice(kind === 1 ? at : at + 1),
      ];
    }
    return Uint8Array.from(bytes);
  };
});
