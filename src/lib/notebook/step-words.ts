import type { Step } from '../analysis/run';

/** What each step of the analysis works out, so that it goes on from “Working out …”. */
const STEP_WORDS: Readonly<Record<Step, string>> = {
  'own networks': 'which networks are ours',
  sessions: 'which flow records are one session',
  'actor names': 'who the actors are',
  names: 'which names are one machine',
  clocks: 'whether the hosts’ clocks agree',
  'settled names': 'which names are one machine',
  'known actors': 'which actors are known',
  contacts: 'who first tried what',
  exposure: 'what was exposed, and when',
  'log events': 'which actors each log tells of',
  activity: 'what each actor did',
  ground: 'what each actor did',
  coverage: 'what the logs cover',
  noise: 'who is noise',
  'control groups': 'what failed attempts look like',
  ladder: 'how far each actor got',
  quiet: 'who acted quietly',
  integrity: 'where logs contradict each other',
  verdicts: 'the verdict on each service and day',
  aftermath: 'what came after the exposure',
  rotation: 'which credentials to change',
  decoy: 'whether the noise hid someone',
  timeline: 'the timeline',
  actors: 'what to say of each actor',
  findings: 'what to say of it all',
};

/** `Working out who is noise (13 of 25)`; before the first step, that it begins. */
export function progressWords(
  progress: { readonly step: string; readonly done: number; readonly total: number } | null,
): string {
  if (!progress) return 'Working out the answer';
  const words = STEP_WORDS[progress.step as Step] ?? progress.step;
  return `Working out ${words} (${Math.min(progress.done + 1, progress.total)} of ${progress.total})`;
}
