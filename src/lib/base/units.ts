/** `1,234,567`: digits grouped the way a report prints them. */
export function formatCount(count: number): string {
  return Number.isFinite(count)
    ? Math.round(count)
        .toString()
        .replace(/\B(?=(\d{3})+(?!\d))/g, ',')
    : 'unknown';
}

/** `1 row`, `2 rows`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Decimal units (1 kB = 1,000 B), as the sizes in cloud consoles and flow logs are. NaN prints as `unknown`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return 'unknown';
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${bytes < 0 ? '−' : ''}${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** `850 ms`, `12 s`, `3 min 20 s`, `2 h 5 min`, `18 d 4 h`. Takes microseconds. */
export function formatDuration(us: number): string {
  if (!Number.isFinite(us)) return 'unknown';
  if (us === 0) return '0 s';
  const sign = us < 0 ? '−' : '';
  const ms = Math.abs(us) / 1000;
  if (ms < 1) return `${sign}${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${sign}${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${sign}${ms < 10_000 ? Number((ms / 1000).toFixed(1)) : seconds} s`;
  const parts: [number, string][] = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor((seconds % 86400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  return (
    sign +
    parts
      .slice(first, first + 2)
      .filter(([amount]) => amount > 0)
      .map(([amount, unit]) => `${amount} ${unit}`)
      .join(' ')
  );
}

/** `12.3 %`; small shares keep enough digits to stay different from zero. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return 'unknown';
  const percent = share * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  if (percent > 0 && percent < 0.1) return `${Number(percent.toPrecision(2))} %`;
  // Never round a share that falls short of the whole up to it: "99.97 %", not "100 %".
  if (percent > 99.9 && percent < 100) return `${percent > 99.99 ? '> 99.99' : percent.toFixed(2)} %`;
  return `${percent.toFixed(1)} %`;
}
