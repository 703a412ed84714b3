import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const LIB = resolve('src/lib');

/** Which rooms each room may import from, beside itself. DESIGN: one direction, file → … → what a person sees. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  base: [],
  tables: ['base'],
  formats: ['base', 'tables'],
  ingest: ['base', 'tables', 'formats'],
  analysis: ['base', 'tables', 'formats'],
  notebook: ['base', 'tables', 'formats', 'analysis'],
  report: ['base', 'tables', 'analysis', 'notebook', 'formats'],
  storage: ['base', 'tables', 'formats', 'analysis', 'notebook'],
  workers: ['base', 'tables', 'formats', 'ingest', 'analysis', 'notebook', 'storage'],
  state: ['base', 'tables', 'formats', 'ingest', 'analysis', 'notebook', 'report', 'storage', 'workers'],
  charts: ['base', 'tables', 'analysis', 'notebook'],
  ui: ['base', 'tables', 'formats', 'analysis', 'notebook', 'report', 'charts', 'state', 'workers'],
};

/** Rooms that run in a worker, in Node and in a test: no DOM, no Svelte. */
const PURE = ['base', 'tables', 'formats', 'ingest', 'analysis', 'notebook', 'report'];

/** A package and the only room (or file) that may import it. */
const ONLY_IN: Record<string, RegExp> = {
  dexie: /^storage\//,
  papaparse: /^formats\/shared\/csv-table\.ts$/,
  d3: /^charts\//,
  svelte: /^(state|charts|ui)\//,
};

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) => entry.isFile() && /\.(ts|svelte)$/.test(entry.name) && !entry.name.endsWith('.test.ts'),
    )
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const found: string[] = [];
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) found.push(match[1]!);
  for (const match of text.matchAll(/new URL\(\s*['"]([^'"]+)['"]\s*,\s*import\.meta\.url/g))
    found.push(match[1]!);
  return found;
}

const files = filesBelow(LIB).map((path) => ({ path, name: relative(LIB, path) }));

describe('the rooms of src/lib', () => {
  it('have a README that says what belongs in each', () => {
    const rooms = readdirSync(LIB, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(rooms.map((room) => room.name).sort()).toEqual(Object.keys(MAY_IMPORT).sort());
    for (const room of rooms) expect(readdirSync(join(LIB, room.name)), room.name).toContain('README.md');
  });

  it('import in one direction only', () => {
    const wrong: string[] = [];
    for (const { path, name } of files) {
      const room = name.split('/')[0]!;
      for (const specifier of importsOf(path)) {
        const target = specifier.startsWith('$lib/')
          ? join(LIB, specifier.slice(5))
          : specifier.startsWith('.')
            ? resolve(dirname(path), specifier)
            : null;
        if (!target) continue;
        const targetName = relative(LIB, target);
        if (targetName.startsWith('..')) {
          wrong.push(`${name} imports ${specifier}, outside src/lib`);
          continue;
        }
        const targetRoom = targetName.split('/')[0]!;
        if (targetRoom !== room && !MAY_IMPORT[room]?.includes(targetRoom))
          wrong.push(`${name} imports ${targetName}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('keep each library where it belongs', () => {
    const wrong: string[] = [];
    for (const { path, name } of files) {
      for (const specifier of importsOf(path)) {
        for (const [library, place] of Object.entries(ONLY_IN)) {
          if ((specifier === library || specifier.startsWith(`${library}/`)) && !place.test(name))
            wrong.push(`${name} imports ${library}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('keep DOM and Svelte out of the pure rooms', () => {
    const wrong: string[] = [];
    for (const { path, name } of files) {
      if (!PURE.includes(name.split('/')[0]!)) continue;
      if (name.endsWith('.svelte') || name.endsWith('.svelte.ts')) wrong.push(`${name} is a component`);
      const code = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      // `document` and `window` are also good names for a notebook and a stretch of time: only what a page's own would be asked for counts.
      const page =
        /\b(localStorage|sessionStorage|indexedDB|navigator)\s*[.[]|\b(document|window)\s*\.\s*(create\w+|query\w+|getElement\w+|body|head|documentElement|cookie|location|history|addEventListener|document|navigator)\b|globalThis\.(document|window)/;
      if (page.test(code)) wrong.push(`${name} touches the page`);
    }
    expect(wrong).toEqual([]);
  });

  it('never put text from a file into the page as markup', () => {
    const wrong: string[] = [];
    for (const { path, name } of files) {
      const code = readFileSync(path, 'utf8');
      if (/innerHTML|outerHTML|insertAdjacentHTML|document\.write/.test(code)) wrong.push(name);
      if (/\{@html/.test(code)) wrong.push(`${name}: {@html}`);
    }
    expect(wrong).toEqual([]);
  });
});
