import { describe, expect, it } from 'vitest';
import { commonStart } from './common-start';

describe('what names begin with', () => {
  it.each([
    [
      ['1234_CloudTrail_us-east-1_20230710T1145Z_7x.json', '1234_CloudTrail_us-east-1_20230710T1200Z_a.json'],
      '1234_CloudTrail_us-east-1',
    ],
    [['auth.log', 'auth.log.1', 'auth.log.2.gz'], 'auth.log'],
    [['flows-2024-01-01.csv', 'flows-2024-01-02.csv', 'flows-2024-02-01.csv'], 'flows-2024'],
    [['conn.log', 'http.log'], ''],
    [['a-1.log', 'a-2.log'], ''],
    [['access', 'accounts'], ''],
    [['auth.log'], 'auth.log'],
    [[], ''],
  ])('of %j is "%s"', (names, start) => {
    expect(commonStart(names)).toBe(start);
  });
});
