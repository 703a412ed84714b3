/** Says what is wrong with a value, as a sentence part that names where it stands; undefined when nothing is. */
export type Check = (value: unknown, where: string) => string | undefined;

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
  return (value, where) => {
    if (!Array.isArray(value)) return `${where} must be a list`;
    for (const [i, item] of value.entries()) {
      const wrong = check(item, `${where}[${i}]`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** An object with these keys; others are ignored, and null is like leaving a key out. `required` must be there. */
export function objectOf(checks: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, where) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `${where} must be an object`;
    const entries = value as Readonly<Record<string, unknown>>;
    for (const key of required)
      if ((entries[key] ?? undefined) === undefined) return `${where}.${key} is missing`;
    for (const [key, check] of Object.entries(checks)) {
      const item = entries[key];
      const wrong = item === undefined || item === null ? undefined : check(item, `${where}.${key}`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

export const anyObject: Check = objectOf({});
