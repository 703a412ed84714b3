/** `name=value`, `name="two words"` or `name='two words'`, blanks between; a backslash takes a quote with it. */
const FIELD = /(?:^|[\s,;])([A-Za-z][\w.-]{0,63})=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'(?=\s|$)|([^\s"']\S*)?)/gs;

/** The values of a message by name. Of a name that comes again the first counts: what somebody put into a later text must not replace it. */
export function namedValues(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const [, name = '', quoted, single, bare = ''] of text.matchAll(FIELD))
    if (!values.has(name)) values.set(name, (quoted ?? single ?? bare).trim());
  return values;
}
