import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { visibleJson, visibleText, visibleYaml } from './visible';

describe('text from a log, made visible', () => {
  it('writes out what a terminal obeys and what turns the direction of writing', () => {
    expect(visibleText('\u001b[31mred')).toBe('\\x1b[31mred');
    expect(visibleText('invoice\u202egpj.exe')).toBe('invoice\\u202egpj.exe');
    expect(visibleText('\u2066admin\u2069 \u0000 \u009b')).toBe('\\u2066admin\\u2069 \\x00 \\x9b');
  });

  it('tells names apart that would look the same', () => {
    expect(visibleText('adm\u200bin')).not.toBe(visibleText('admin'));
    expect(visibleText('admin\u{e0041}')).toBe('admin\\u{e0041}');
    // A filler, a joiner of graphemes and variation selectors, by which whole texts have been hidden behind one letter.
    for (const [unseen, written] of [
      ['\u3164', '\\u3164'],
      ['\u034f', '\\u034f'],
      ['\ufe0f', '\\ufe0f'],
      ['\u{e0101}', '\\u{e0101}'],
    ])
      expect(visibleText(`admin${unseen}`)).toBe(`admin${written}`);
  });

  it('leaves writing of every direction, emoji and line ends as they are', () => {
    const text = 'مدير מנהל 管理员 Jürgen 🙂 ⚠\ufe0f\tsecond\nline';
    expect(visibleText(text)).toBe(text);
  });

  it('keeps the values of JSON', () => {
    const value = { user: 'a\u202eb\u{e0041}\u001b' };
    const json = visibleJson(JSON.stringify(value, null, 2));
    expect(JSON.parse(json)).toEqual(value);
    expect(json).not.toMatch(/\u202e|\udb40/);
  });

  it('keeps the values of YAML', () => {
    const text = 'a\u202eb\u{e0041}\u001b\u00ad"\\';
    const yaml = visibleYaml(JSON.stringify(text));
    expect(parse(yaml)).toBe(text);
    expect(yaml).not.toMatch(/[\u202e\u00ad]|\udb40/);
  });
});
