const KEY = 'case';

/** The id of the case that an address names after its `#`, or null. */
export function caseInHash(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get(KEY);
}

export function hashOfCase(id: string): string {
  return `#${KEY}=${encodeURIComponent(id)}`;
}
