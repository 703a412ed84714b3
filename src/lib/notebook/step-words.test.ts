import { expect, it } from 'vitest';
import { progressWords } from './step-words';

it('says in words what is being worked out, and how far it has come', () => {
  expect(progressWords(null)).toBe('Working out the answer');
  expect(progressWords({ step: 'noise', done: 13, total: 25 })).toBe('Working out who is noise (14 of 25)');
  expect(progressWords({ step: 'findings', done: 25, total: 25 })).toMatch(/\(25 of 25\)$/);
});
