import { expect, it } from 'vitest';
import { placeWords } from './place-words';

it('names a service on its asset, and once what has no machine of its own', () => {
  expect(placeWords({ asset: 'web-1', service: '9200/tcp' })).toBe('web-1 9200/tcp');
  expect(placeWords({ asset: 'entra', service: 'entra' })).toBe('entra');
});
