/** Says what is wrong with a value, as a sentence part that names where it stands; undefined when nothing is. */
export interface Check {
  (value: unknown, where: string): string | undefined;
  /** A value that passed, without the keys that nobody knows; where these stood is added to `leftOut`. Absent: it can hold none. */
  readonly prune?: (value: unknown, where: string, leftOut: string[]) => unknown;
}

export const text: Check = (value, where) =>
  typeof value === 'string' ? undefined : `${where} must be a text`;

export const yesOrNo: Check = (value, where) =>
  typeof value === 'boolean' ? undefined : `${where} must be true or false`;

export function numberFrom(low: number, high: number): Check {
  return (value, where) =>
    typeof value === 'number' && value >= low && value <= high
      ? undefined
      : `${where} must be a number from ${low} to ${high}`;
}

export function wholeNumber(low: number, high: number): Check {
  return (value, where) =>
    typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high
      ? undefined
      : `${where} must be a whole number from ${low} to ${high}`;
}

/** A text for which `accepts` says yes; `kind` is what it should have been. */
export function textThat(accepts: (text: string) => boolean, kind: string): Check {
  return (value, where) =>
    typeof value === 'string' && accepts(value) ? undefined : `${where} must be ${kind}`;
}

export function listOf(check: Check): Check {
  const wrongIn = (value: unknown, where: string): string | undefined => {
    if (!Array.isArray(value)) return `${where} must be a list`;
    for (const [i, item] of value.entries()) {
      const wrong = check(item, `${where}[${i}]`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
  const { prune } = check;
  if (!prune) return wrongIn;
  return Object.assign(wrongIn, {
    prune: (value: unknown, where: string, leftOut: string[]) =>
      Array.isArray(value) ? value.map((item, i) => prune(item, `${where}[${i}]`, leftOut)) : value,
  });
}

/** An object with these keys; null is like leaving a key out, and other keys are pruned. `required` must be there. */
export function objectOf(checks: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  const wrongIn = (value: unknown, where: string): string | undefined => {
    if (!isObject(value)) return `${where} must be an object`;
    for (const key of required)
      if ((value[key] ?? undefined) === undefined) return `${where}.${key} is missing`;
    for (const [key, check] of Object.entries(checks)) {
      const item = value[key];
      const wrong = item === undefined || item === null ? undefined : check(item, `${where}.${key}`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
  const prune = (value: unknown, where: string, leftOut: string[]): unknown => {
    if (!isObject(value)) return value;
    const kept: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) {
      const place = `${where}.${key}`;
      const check = Object.hasOwn(checks, key) ? checks[key] : undefined;
      if (check) kept.push([key, check.prune ? check.prune(item, place, leftOut) : item]);
      else leftOut.push(place);
    }
    return Object.fromEntries(kept);
  };
  return Object.assign(wrongIn, { prune });
}

/** An object whose keys are the file's own, such as the columns of a table. */
export const anyObject: Check = (value, where) =>
  isObject(value) ? undefined : `${where} must be an object`;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
