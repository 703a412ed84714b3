import { expect, it } from 'vitest';
import { toStorageFailure } from './failures';

it('does not promise, where storage is blocked, what only a stored case can do', () => {
  const blocked = toStorageFailure(new DOMException('blocked', 'SecurityError'), 'making a case');
  expect(blocked.what).toContain('making a case failed');
  expect(`${blocked.kept} ${blocked.todo}`).not.toMatch(/export|until the tab/i);
});
