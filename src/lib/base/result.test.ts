import { expect, it } from 'vitest';
import { FailureError, toFailure } from './result';

it('turns anything caught into a failure, without losing what it said', () => {
  expect(toFailure(new Error('no room'), 'a.log')).toEqual({ what: 'no room', source: 'a.log' });
  expect(toFailure('plain text')).toEqual({ what: 'plain text' });
  expect(toFailure(null)).toEqual({ what: 'null' });
  const failure = { what: 'cut', line: 3, todo: 'again' };
  expect(toFailure(new FailureError(failure), 'a.log')).toEqual({ ...failure, source: 'a.log' });
  expect(toFailure(new FailureError({ ...failure, source: 'b.log' }), 'a.log').source).toBe('b.log');
});
