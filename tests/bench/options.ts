import { among, optionsOrStop, wholeNumber, type OptionRule } from '../support/command-line';
import type { DatasetName } from './datasets';

/** Records of each data set, before `--rows` scales them. */
export const ROWS: Record<DatasetName, number> = {
  vpc: 2_000_000,
  sshd: 1_000_000,
  'sshd-iso': 1_000_000,
  syslog: 1_000_000,
  postgres: 300_000,
  zeek: 1_000_000,
  access: 1_000_000,
  cloudtrail: 150_000,
  'es-audit': 300_000,
  eve: 200_000,
  'zeek-json': 300_000,
  'azure-activity': 40_000,
  'gcp-audit': 75_000,
  entra: 50_000,
  okta: 60_000,
  'json-table': 300_000,
  'windows-json': 75_000,
  mongodb: 150_000,
  'postgresql-json': 220_000,
  'journald-json': 120_000,
  'ecs-flow': 85_000,
  'access-log-json': 200_000,
};

/** What is measured beside the data sets; `tab` only where it is asked for. */
const PARTS = ['engine', 'analysis', 'small', 'tab'] as const;

type Part = DatasetName | (typeof PARTS)[number];

const NAMES = [...Object.keys(ROWS), ...PARTS];

export const BENCH_RULES = {
  only: {
    value: 'NAME,…',
    text: `only these of: ${Object.keys(ROWS).join(', ')} (data sets), ${PARTS.join(', ')} (the whole engine)`,
    complaint: among('data set or part', NAMES),
  },
  rows: {
    value: 'N',
    text: `records of the vpc data set (default ${ROWS.vpc}); scales the others too`,
    complaint: wholeNumber(1),
  },
  rounds: {
    value: 'N',
    text: 'times that each contender runs, of which the median counts (default 3)',
    complaint: wholeNumber(1),
  },
} satisfies Record<string, OptionRule>;

export interface BenchOptions {
  /** Everything but `tab` without it. */
  readonly only?: readonly Part[];
  readonly rounds: number;
  /** Of the numbers of records. */
  readonly scale: number;
}

/** What was asked for; null when nothing is to be measured. */
export function benchOptions(): BenchOptions | null {
  const values = optionsOrStop('bench', BENCH_RULES);
  if (!values) return null;
  return {
    only: values.only?.split(',') as Part[] | undefined,
    rounds: Number(values.rounds ?? 3),
    scale: Number(values.rows ?? ROWS.vpc) / ROWS.vpc,
  };
}
