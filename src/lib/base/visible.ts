/**
 * Characters that show nothing and change how what is around them shows: control codes (a terminal obeys them), marks that turn the direction of
 * writing (`\u202e` makes `gpj.exe` of `exe.jpg`; "Trojan Source", Boucher and Anderson 2021), joiners and spaces without width, tags. Tab and line
 * end are left: where a text may have several lines, they are shown.
 */
const UNSEEN =
  // eslint-disable-next-line no-control-regex -- control codes are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** A text from outside as a person can be shown it: what would show nothing, or turn what stands beside it around, is written out. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** JSON in which such characters are written as JSON's own escapes: the same values, and nothing that misleads whoever reads it as text. */
export function visibleJson(json: string): string {
  return json.replace(UNSEEN, (character) =>
    [...character]
      .flatMap((point) => point.split(''))
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
