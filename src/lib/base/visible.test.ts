import { describe, expect, it } from 'vitest';
import { visibleJson, visibleText } from './visible';

describe('text from a log, made visible', () => {
  it('writes out what a terminal obeys and what turns the direction of writing', () => {
    expect(visibleText('\u001b[31mred')).toBe('\\x1b[31mred');
    expect(visibleText('invoice\u202egpj.exe')).toBe('invoice\\u202egpj.exe');
    expect(visibleText('\u2066admin\u2069 \u0000 \u009b')).toBe('\\u2066admin\\u2069 \\x00 \\x9b');
  });

  it('tells names apart that would look the same', () => {
    expect(visibleText('adm\u200bin')).not.toBe(visibleText('admin'));
    expect(visibleText('admin\u{e0041}')).toBe('admin\\u{e0041}');
  });

  it('leaves writing of every direction, emoji and line ends as they are', () => {
    const text = 'مدير מנהל 管理员 Jürgen 🙂\tsecond\nline';
    expect(visibleText(text)).toBe(text);
  });

  it('keeps the values of JSON', () => {
    const value = { user: 'a\u202eb\u{e0041}\u001b' };
    const json = visibleJson(JSON.stringify(value, null, 2));
    expect(JSON.parse(json)).toEqual(value);
    expect(json).not.toMatch(/\u202e|\udb40/);
  });
});
