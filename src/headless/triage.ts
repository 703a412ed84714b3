import { existsSync, openAsBlob, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { measureDetectability } from '../lib/analysis/detectability';
import { analysisSteps, analyze } from '../lib/analysis/run';
import type { CaseParameters } from '../lib/analysis/parameters';
import { FailureError, toFailure, type Failure } from '../lib/base/result';
import { assemble, type RawSource } from '../lib/ingest/assemble';
import { ingestAll, type IngestInput } from '../lib/ingest/ingest-file';
import { ruleFor } from '../lib/ingest/rules';
import { toContract, toJson, type Contract } from '../lib/report/findings-json';
import { Dictionaries } from '../lib/tables/dictionaries';
import { HELP, parseArguments, type Arguments } from './arguments';
import { parseCase } from './case-file';
import { listFiles, type InputPath } from './files';

const EXIT = { ran: 0, failed: 1, unusable: 2 } as const;

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** A failure on one line, whatever text of a log or file name is in it. */
function lineOf(failure: Failure): string {
  const where = failure.source === undefined ? '' : `${failure.source}: `;
  const todo = failure.todo === undefined ? '' : ` (${failure.todo})`;
  // eslint-disable-next-line no-control-regex -- control characters of a hostile name must not reach the terminal
  return `undertone: ${where}${failure.what}${todo}`.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function complain(failure: Failure): void {
  process.stderr.write(`${lineOf(failure)}\n`);
}

function readCase(path: string | undefined): CaseParameters {
  if (path === undefined) return {};
  let json: string;
  try {
    json = readFileSync(path, 'utf8');
  } catch {
    throw new FailureError({ what: `the case file ${path} can't be read` });
  }
  const parsed = parseCase(json);
  if (!parsed.ok) throw new FailureError(parsed.error);
  const { parameters, leftOut } = parsed.value;
  for (const name of leftOut)
    complain({ what: `the case file's ${name} is no parameter that is known here, and was left out` });
  return parameters;
}

interface Loaded {
  readonly sources: readonly RawSource[];
  readonly dictionaries: Dictionaries;
  readonly failures: readonly Failure[];
}

async function load(files: readonly InputPath[], parameters: CaseParameters): Promise<Loaded> {
  const dictionaries = new Dictionaries();
  const sources: RawSource[] = [];
  const failures: Failure[] = [];
  for (const { path, name, lastModifiedMs } of files) {
    const rule = ruleFor(parameters.sources ?? [], name);
    const blob = await openAsBlob(path);
    const input = { blob, name, lastModifiedMs, format: rule.format, options: rule };
    const ruleForMember = (member: string): Pick<IngestInput, 'format' | 'options'> => {
      const found = ruleFor(parameters.sources ?? [], member);
      return { format: found.format, options: found };
    };
    const results = await ingestAll(input, sources.length, dictionaries, { ruleFor: ruleForMember });
    for (const result of results) {
      if (result.ok) sources.push(result.value);
      else failures.push(result.error);
    }
  }
  return { sources, dictionaries, failures };
}

async function triage(
  args: Arguments,
  files: readonly InputPath[],
  parameters: CaseParameters,
): Promise<number> {
  const { sources, dictionaries, failures } = await load(files, parameters);
  const [first] = failures;
  if (sources.length === 0 && first) {
    const others = failures.length > 1 ? ` (nor could ${failures.length - 1} other files be read)` : '';
    complain({ ...first, what: first.what + others });
    return EXIT.failed;
  }
  for (const failure of failures) complain(failure);
  const { zone, year, sources: rules = [] } = parameters;
  const evidence = assemble(sources, dictionaries, { zone, year, rules });
  const findings = analyze(evidence, parameters);
  const detectability = args.measures ? measureDetectability(evidence, parameters, analysisSteps) : null;
  if (args.measures && !detectability)
    complain({ what: 'no service is exposed whose flows were loaded, so detectability was not measured' });
  const contract: Contract = {
    ...toContract(findings, packageVersion(), detectability),
    failures: toJson(failures),
  };
  const json = `${JSON.stringify(contract, null, 2)}\n`;
  if (args.jsonPath === undefined) await writeOut(json);
  else writeFileSync(args.jsonPath, json);
  return EXIT.ran;
}

/** A pipe takes large output in parts: the process must not end before the last one is through. */
function writeOut(output: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(output, (error) => (error ? reject(error) : resolve()));
  });
}

async function main(words: readonly string[]): Promise<number> {
  const args = parseArguments(words);
  if (!args.ok) {
    complain(args.error);
    return EXIT.unusable;
  }
  if (args.value.wants) {
    await writeOut(args.value.wants === 'help' ? HELP : `${packageVersion()}\n`);
    return EXIT.ran;
  }
  const files = listFiles(args.value.paths);
  if (!files.ok) {
    complain(files.error);
    return EXIT.unusable;
  }
  const { jsonPath } = args.value;
  if (jsonPath !== undefined && !existsSync(dirname(jsonPath))) {
    complain({ what: `there is no folder ${dirname(jsonPath)} to write into` });
    return EXIT.unusable;
  }
  let parameters: CaseParameters;
  try {
    parameters = readCase(args.value.casePath);
  } catch (caught) {
    complain(toFailure(caught));
    return EXIT.unusable;
  }
  return triage(args.value, files.value, parameters);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (caught: unknown) => {
    complain(toFailure(caught));
    process.exitCode = EXIT.failed;
  },
);
