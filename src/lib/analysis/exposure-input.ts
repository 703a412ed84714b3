import { MICROS_PER_MINUTE } from '../base/time';
import type { Contacts } from './contacts';
import type { ActorIndex, AssetIndex, Sessions } from './context';
import type { Evidence } from './evidence';
import type { CaseParameters, Thresholds } from './parameters';
import type { EXPOSURE_THRESHOLDS } from './thresholds';

export interface ExposureInput {
  readonly evidence: Evidence;
  readonly parameters: CaseParameters;
  readonly assets: AssetIndex;
  readonly actors: ActorIndex;
  readonly sessions: Sessions;
  readonly contacts: Contacts;
  /** 1 by ActorId of actors outside our own networks. */
  readonly outside: Uint8Array;
  readonly limits: Limits;
}

type Limits = Pick<Thresholds, keyof typeof EXPOSURE_THRESHOLDS>;

/** Disagreement that aggregation and clocks explain. */
export function slackUs(limits: Limits): number {
  return limits.exposureSlackMinutes * MICROS_PER_MINUTE;
}
