import { fail, ok, type Result } from '../lib/base/result';

export interface Arguments {
  /** Path of case.json. */
  readonly casePath?: string;
  /** Where the findings go; stdout without it. */
  readonly jsonPath?: string;
  /** Files and folders to read. */
  readonly paths: readonly string[];
  /** Whether to measure how small an attack would have been found, which takes dozens of analyses. */
  readonly measures: boolean;
  readonly wants?: 'help' | 'version';
}

export const USAGE =
  'npm run --silent triage -- [--case case.json] [--json out.json] [--detectability] FILE...';

export const HELP = `Reads logs and prints what they show as JSON.

  ${USAGE}

  FILE          a log, or a folder whose files are all read; gz as it is
  --case FILE   what is known of the case: zone, year, own networks, assets, services, exposure, ...
  --json FILE   write the findings there instead of to standard output
  --detectability  also measure how small an attack would have been found: dozens of analyses
  --help        this text
  --version     the version

Exit code 0: it ran, whatever it found. 1: it failed. 2: the arguments can't be used.
`;

/** Reads the command line. `--name value` and `--name=value` are the same; `--` ends the options. */
export function parseArguments(words: readonly string[]): Result<Arguments> {
  let casePath: string | undefined;
  let jsonPath: string | undefined;
  let measures = false;
  let wants: Arguments['wants'];
  const paths: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === '--') {
      paths.push(...words.slice(i + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      paths.push(word);
      continue;
    }
    const equals = word.indexOf('=');
    const name = equals === -1 ? word : word.slice(0, equals);
    if (word === '--detectability') measures = true;
    else if (name === '--help' || name === '-h') wants = 'help';
    else if (name === '--version') wants = 'version';
    else if (name === '--case' || name === '--json') {
      const value = equals === -1 ? words[(i += 1)] : word.slice(equals + 1);
      if (value === undefined || value === '')
        return fail({ what: `${name} needs a file name`, todo: USAGE });
      if ((name === '--case' ? casePath : jsonPath) !== undefined)
        return fail({ what: `${name} was given twice`, todo: USAGE });
      if (name === '--case') casePath = value;
      else jsonPath = value;
    } else return fail({ what: `there is no option ${name}`, todo: USAGE });
  }
  if (!wants && paths.length === 0) return fail({ what: 'no file was named', todo: USAGE });
  return ok({ casePath, jsonPath, paths, measures, wants });
}
