import { parseArgs } from 'node:util';
import { greatest } from '../../src/lib/base/extremes';
import { fail, ok, type Result } from '../../src/lib/base/result';

/** One option of a command that developers run. */
export interface OptionRule {
  /** What stands for its value in the usage; a switch has none. */
  readonly value?: string;
  readonly text: string;
  /** What is wrong with a value, or null. */
  readonly complaint?: (value: string) => string | null;
}

/** Values as they were given; a switch that was given is the empty text. */
export type OptionValues<Name extends string> = Partial<Record<Name | 'help', string>>;

/** Says of a list separated by commas which of its words is none of `names`, and what could stand there. */
export function among(what: string, names: readonly string[]): (value: string) => string | null {
  return (value) => {
    const unknown = value.split(',').filter((name) => !names.includes(name));
    if (unknown.length === 0) return null;
    return `there is no ${what} ${unknown.join(', ')}; there are ${names.join(', ')}`;
  };
}

/** As `among`, of one word. */
export function oneOf(what: string, names: readonly string[]): (value: string) => string | null {
  return (value) => (names.includes(value) ? null : among(what, names)(value.replaceAll(',', ' ')));
}

/** Says of a list separated by commas whether all of it are whole numbers of at least `least`. */
export function wholeNumbers(least: number): (value: string) => string | null {
  return (value) => {
    const wrong = value.split(',').find((each) => !/^\d+$/.test(each) || Number(each) < least);
    return wrong === undefined ? null : `"${wrong}" is no whole number of at least ${least}`;
  };
}

/** As `wholeNumbers`, of one. */
export function wholeNumber(least: number): (value: string) => string | null {
  return (value) => (value.includes(',') ? `"${value}" is more than one number` : wholeNumbers(least)(value));
}

/** The options of a command, one a line. */
export function usageOf(command: string, rules: Readonly<Record<string, OptionRule>>): string {
  const all: Readonly<Record<string, OptionRule>> = { ...rules, help: { text: 'this text' } };
  const heads = Object.entries(all).map(
    ([name, { value }]) => `--${name}${value === undefined ? '' : ` ${value}`}`,
  );
  const width = greatest(heads.map((head) => head.length)) + 2;
  const lines = Object.values(all).map(({ text }, i) => `  ${(heads[i] as string).padEnd(width)}${text}`);
  return [`npm run ${command} -- [options]`, ...lines].join('\n');
}

/**
 * Reads a command line: nothing that is not one of the options passes, for a mistyped one would run something else than what was asked for.
 * With `--help` the rest is not looked at.
 */
export function readOptions<Name extends string>(
  rules: Readonly<Record<Name, OptionRule>>,
  words: readonly string[],
): Result<OptionValues<Name>> {
  const known: Readonly<Record<string, OptionRule>> = { ...rules, help: { text: '' } };
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      Object.entries(known).map(([name, { value }]) => [
        name,
        { type: value === undefined ? 'boolean' : 'string', ...(name === 'help' ? { short: 'h' } : {}) },
      ]),
    ),
    strict: false,
    tokens: true,
  });
  const values: Record<string, string> = {};
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help')) {
    values['help'] = '';
    return ok(values as OptionValues<Name>);
  }
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') return fail({ what: `"${token.value}" belongs to no option` });
    const rule = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (!rule) {
      const names = Object.keys(known).map((name) => `--${name}`);
      return fail({ what: `there is no option ${token.rawName}; there are ${names.join(', ')}` });
    }
    if (rule.value === undefined && token.value !== undefined)
      return fail({ what: `${token.rawName} takes no value` });
    if (rule.value !== undefined && (token.value === undefined || token.value === ''))
      return fail({ what: `${token.rawName} needs ${rule.value}` });
    if (Object.hasOwn(values, token.name)) return fail({ what: `${token.rawName} was given twice` });
    const value = token.value ?? '';
    const complaint = rule.value === undefined ? null : rule.complaint?.(value);
    if (complaint) return fail({ what: `${token.rawName}: ${complaint}` });
    values[token.name] = value;
  }
  return ok(values as OptionValues<Name>);
}

/** What a command does before anything else: null when it has only to stop, its exit code set (2: the arguments can't be used). */
export function optionsOrStop<Name extends string>(
  command: string,
  rules: Readonly<Record<Name, OptionRule>>,
): OptionValues<Name> | null {
  const read = readOptions(rules, process.argv.slice(2));
  if (!read.ok) {
    console.error(`${command}: ${read.error.what}\n\n${usageOf(command, rules)}`);
    process.exitCode = 2;
    return null;
  }
  if (read.value.help === undefined) return read.value;
  console.log(usageOf(command, rules));
  return null;
}
