import { describe, expect, it } from 'vitest';
import { matchesGlob, matchesName, ruleFor } from './rules';

describe('globs', () => {
  it.each([
    ['*.log', 'auth.log', true],
    ['auth.lo?', 'auth.log', true],
    ['auth.log', 'auth.log.1', false],
    ['*', '', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['[ab].log', 'a.log', false],
    ['[ab].log', '[ab].log', true],
    ['a.c', 'abc', false],
  ])('%s on %s: %s', (glob, text, expected) => {
    expect(matchesGlob(glob, text)).toBe(expected);
  });

  it('mean a path or the name at its end', () => {
    expect(matchesName('auth*', 'host/var/auth.log')).toBe(true);
    expect(matchesName('host/*', 'host/var/auth.log')).toBe(true);
    expect(matchesName('var/*', 'host/var/auth.log')).toBe(false);
  });

  it('take no longer for patterns made to be slow', () => {
    expect(matchesGlob(`${'*a'.repeat(40)}b`, 'a'.repeat(2000))).toBe(false);
  });
});

describe('ruleFor', () => {
  it('lets later rules overrule earlier ones, key by key', () => {
    const rules = [
      { name: '*', zone: 'UTC', year: 2014 },
      { name: 'b*', zone: 'Asia/Tokyo', year: undefined },
      { name: 'c*', asset: 'db' },
    ];
    expect(ruleFor(rules, 'b.log')).toEqual({ zone: 'Asia/Tokyo', year: 2014 });
    expect(ruleFor(rules, 'x/c.log')).toEqual({ zone: 'UTC', year: 2014, asset: 'db' });
    expect(ruleFor([], 'x')).toEqual({});
  });
});
