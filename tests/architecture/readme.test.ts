import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/lib/formats/registry';

const README = readFileSync('README.md', 'utf8');

describe('README.md', () => {
  it('lists every format that is read', () => {
    const listed = new Set([...README.matchAll(/^\| (.+?) +\| /gm)].map((match) => match[1]));
    expect(FORMATS.map((format) => format.label).filter((label) => !listed.has(label))).toEqual([]);
  });

  it('points at pictures and files that exist', () => {
    const targets = [...README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] as string);
    expect(targets.filter((target) => !existsSync(target))).toEqual([]);
  });
});
