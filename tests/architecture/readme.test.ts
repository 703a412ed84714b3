import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/lib/formats/registry';

const README = readFileSync('README.md', 'utf8');

describe('README.md', () => {
  it('lists every format that is read, once, with what it gives', () => {
    const start = README.indexOf('## What it reads');
    const section = README.slice(start, README.indexOf('\n## ', start));
    const rows = [...section.matchAll(/^\| (.+?) +\| ((?:flows|logins|queries|changes).*?) +\|$/gm)];
    const given = (tables: readonly string[]): string => [...tables].sort().join(', ');
    expect(rows.map(([, label, gives = '']) => `${label}: ${given(gives.split(', '))}`).sort()).toEqual(
      FORMATS.map(({ label, tables }) => `${label}: ${given(tables)}`).sort(),
    );
  });

  it('points at pictures and files that exist', () => {
    const targets = [...README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] as string);
    expect(targets.filter((target) => !existsSync(target))).toEqual([]);
  });
});
