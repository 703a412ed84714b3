/**
 * Minutes east of UTC of the zone abbreviations that logs write beside local times, where an abbreviation has one meaning in practice.
 * Those with several (IST, CST, BST outside Britain, …) are left out: such a time stays local until the source's zone is known.
 */
const ABBREVIATIONS: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  WET: 0,
  WEST: 60,
  CET: 60,
  CEST: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  EST: -300,
  EDT: -240,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  AKST: -540,
  AKDT: -480,
  HST: -600,
  JST: 540,
  KST: 540,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
};

/** Minutes east of UTC; undefined for an abbreviation that is unknown or ambiguous. */
export function zoneMinutesOf(abbreviation: string): number | undefined {
  return Object.hasOwn(ABBREVIATIONS, abbreviation) ? ABBREVIATIONS[abbreviation] : undefined;
}
