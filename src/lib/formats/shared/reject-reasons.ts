// What several formats say of records that they cannot read. A reason names what was expected, in the words of the log itself: it is read
// beside the raw line by someone who decides whether evidence is missing.

export const NOT_JSON =
  'this is not one whole JSON object in braces: it is cut off, damaged or something else';

/** `where` names the field or place of the time as the log does. */
export function noTime(where: string, example: string): string {
  return `no time can be read: expected ${where}, such as ${example}`;
}
