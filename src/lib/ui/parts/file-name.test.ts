import { describe, expect, it } from 'vitest';
import { shortFileName } from './file-name';

describe('a file name in little room', () => {
  it('stays whole where it fits', () => {
    expect(shortFileName('logs/auth.log', 20)).toBe('logs/auth.log');
  });

  it('gives up its folders before itself', () => {
    expect(shortFileName('export/filebeat/module/auth.log', 20)).toBe('…eat/module/auth.log');
    expect(shortFileName('export/filebeat/module/a-long-name-of.log', 20)).toBe('a-long-name-of.log');
  });

  it('keeps files of one folder apart that differ at their ends', () => {
    const name = (time: string) => `CloudTrail/123456789012_CloudTrail_us-east-1_${time}.json.gz`;
    const short = ['20230710T1145Z', '20230710T1150Z'].map((time) => shortFileName(name(time), 30));
    expect(short[0]).not.toBe(short[1]);
    for (const text of short) expect(text.length).toBeLessThanOrEqual(30);
  });
});
