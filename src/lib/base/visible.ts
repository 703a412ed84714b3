/**
 * Characters that show nothing and change how what is around them shows: control codes (a terminal obeys them), marks that turn the direction of
 * writing (`\u202e` makes `gpj.exe` of `exe.jpg`; "Trojan Source", Boucher and Anderson 2021), and what Unicode says is to be ignored where it
 * cannot be shown (Default_Ignorable_Code_Point, UAX #44): joiners and spaces without width, fillers, variation selectors, tags. Tab and line
 * end are left: where a text may have several lines, they are shown. So is the mark that an emoji may carry to be drawn in color or in black.
 */
const UNSEEN =
  // eslint-disable-next-line no-control-regex -- control codes are what is looked for
  /(?!(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f])[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufff9-\ufffb\p{Default_Ignorable_Code_Point}]/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : jsonEscaped(character);
}

/** A text from outside as a person can be shown it: what would show nothing, or turn what stands beside it around, is written out. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** JSON in which such characters are written as JSON's own escapes: the same values, and nothing that misleads whoever reads it as text. */
export function visibleJson(json: string): string {
  return json.replace(UNSEEN, jsonEscaped);
}

/** The same for what is double-quoted in YAML: JSON's escapes, but a character beyond U+FFFF has one of its own. */
export function visibleYaml(quoted: string): string {
  return quoted.replace(UNSEEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : jsonEscaped(character);
  });
}

function jsonEscaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
