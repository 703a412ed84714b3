import { describe, expect, it } from 'vitest';
import { isDataPath } from './query-rungs';

describe('what a request asked for', () => {
  it('is data, unless every server has it: of an API’s objects the name says nothing of that', () => {
    expect(isDataPath('/logs/_search?q=*')).toBe(true);
    expect(isDataPath('/auth')).toBe(false);
    expect(isDataPath('/readyz?verbose')).toBe(false);
    expect(isDataPath('get secrets/mail/auth')).toBe(true);
    expect(isDataPath('list secrets')).toBe(true);
  });
});
