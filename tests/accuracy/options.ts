import type { LoginFormat } from '../scenarios/incident';
import { among, oneOf, wholeNumber, wholeNumbers, type OptionRule } from '../support/command-line';

/** Where results go. */
export const OUT = 'tests/accuracy/out';

/** Kinds of login log that incidents are drawn with. */
const LOGINS: readonly LoginFormat[] = ['syslog', 'journald', 'auditd', 'windows'];

export const ACCURACY_RULES = {
  seeds: {
    value: 'A-B',
    text: 'incidents to build (default 1-120); every third seed is held back',
    complaint: (value) => (isRange(value) ? null : `"${value}" is no range of seeds, such as 1-120`),
  },
  only: {
    value: 'WHICH',
    text: 'tuning, held-back or all (default all)',
    complaint: oneOf('group of incidents', ['tuning', 'held-back', 'all']),
  },
  logins: {
    value: 'K,…',
    text: `only incidents whose login logs are of these kinds: ${LOGINS.join(', ')}`,
    complaint: among('kind of login log', LOGINS),
  },
  noise: {
    value: 'N,…',
    text: 'noise volumes to draw from (default 0,1000,100000,1000000 by 15, 65, 16 and 4 %; the largest take minutes and gigabytes a case)',
    complaint: wholeNumbers(0),
  },
  quick: { text: 'no volume above 1,000: seconds instead of minutes' },
  jobs: {
    value: 'N',
    text: 'processes to share the cases (default: up to 2)',
    complaint: wholeNumber(1),
  },
  out: { value: 'NAME', text: `name of the JSON file in ${OUT} (default accuracy)` },
  verbose: { text: 'print what each case missed' },
} satisfies Record<string, OptionRule>;

function isRange(value: string): boolean {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(value) ?? [];
  return Number(first) >= 1 && Number(last) >= Number(first);
}
