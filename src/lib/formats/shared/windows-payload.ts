import { asObject, isObject, textAt, textOf, type JsonObject } from './json';
import { objectAt, objectsAt, parseJsonText } from './json-fields';

/**
 * An event's own data out of the text that EvtxECmd (ericzimmerman.github.io) writes under `Payload`: the event's XML as JSON,
 * `{"EventData":{"Data":[{"@Name":"LogonType","#text":"3"}, …]}}`, or its `UserData`. Null where the text is nothing of the kind.
 */
export function payloadData(text: string): JsonObject | null {
  const payload = text.startsWith('{') ? parseJsonText(text) : null;
  if (!payload) return null;
  const data = objectAt(payload, 'EventData');
  // A single value stands there itself, not in a list.
  const single = asObject(data['Data']);
  const named = (single ? [single] : objectsAt(data, 'Data')).filter((each) => textAt(each, '@Name') !== '');
  if (named.length > 0)
    return Object.fromEntries(named.map((each) => [textAt(each, '@Name'), textOf(each['#text'])]));
  const user = asObject(payload['UserData']) ?? asObject(payload['EventData']);
  return user && fieldsIn(user);
}

/** The fields of an event's data: UserData nests one level more, `{"LogFileCleared": {…}}`. */
export function fieldsIn(data: JsonObject): JsonObject {
  const [only] = Object.values(data);
  return Object.keys(data).length === 1 && isObject(only) ? only : data;
}
