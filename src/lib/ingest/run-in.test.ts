import { afterEach, describe, expect, it, vi } from 'vitest';
import * as ranges from './parse-range';
import { runIn } from './run-in';

afterEach(() => vi.restoreAllMocks());

describe('the lines that a waiting worker reads', () => {
  it('are wholly understood by each of the formats that a kernel reads', async () => {
    const parse = vi.spyOn(ranges, 'parseRange');
    await runIn(new AbortController().signal);
    const results = await Promise.all(
      parse.mock.results.map(({ value }) => value as Promise<ranges.RangeResult>),
    );
    const formats = parse.mock.calls.map(([{ formatId }]) => formatId);
    expect(formats).toEqual(['vpc-flow', 'syslog', 'syslog', 'zeek', 'access-log']);
    for (const { rejected } of results) expect(rejected).toBe(0);
    const rows = results.map((result) => Object.values(result.rows).reduce((sum, count) => sum + count));
    // Of four lines of a whole machine two only count, and sudo's gives two rows.
    expect(rows).toEqual([12_000, 12_000, 9000, 12_000, 12_000]);
  });

  it('are left as soon as a file comes', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(runIn(controller.signal)).rejects.toThrow('cancelled');
  });
});
