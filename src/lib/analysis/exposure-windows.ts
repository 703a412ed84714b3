import type { AssetId, Micros } from '../base/brand';
import type { ExposureWindow } from './context';
import type { ExposureFinding } from './findings';
import { protocolNumber } from './profiles';

/** When a service opened over and over could be reached: opening and closing of each time. */
export type Spans = readonly (readonly [number, number])[];

/**
 * The time that the questions are asked about. Where only traffic shows an end, it reaches as far as that may lie: nobody was seen to get
 * through there, but a sampled export shows few of those who did, and what was not queried must not have been so in doubtful hours either.
 */
function windowOf(finding: ExposureFinding, idOf: ReadonlyMap<string, AssetId>): ExposureWindow {
  const openedUs = finding.opening?.fromUs ?? finding.openedUs;
  const closedUs = Math.max(finding.closing?.toUs ?? finding.closedUs, finding.closedUs);
  return {
    asset: idOf.get(finding.asset) ?? (-1 as AssetId),
    port: finding.port,
    protocol: protocolNumber(finding.proto),
    openedUs: (Number.isNaN(openedUs) ? -Infinity : openedUs) as Micros,
    closedUs: (Number.isNaN(closedUs) ? Infinity : closedUs) as Micros,
    ...(finding.opening ? { opening: finding.opening } : {}),
    ...(finding.closing ? { closing: finding.closing } : {}),
    ...(isSupposed(finding) ? { isOpeningSupposed: true } : {}),
  };
}

/** What was opened over and over is asked about only for the times that it was open. */
export function windowsOf(
  finding: ExposureFinding,
  spans: Spans | undefined,
  idOf: ReadonlyMap<string, AssetId>,
): ExposureWindow[] {
  const whole = windowOf(finding, idOf);
  if (!spans) return [whole];
  const { opening, closing, ...inner } = whole;
  const last = spans.length - 1;
  return spans.map(([openedUs, closedUs], k) => ({
    ...inner,
    openedUs: k === 0 ? whole.openedUs : (openedUs as Micros),
    closedUs: k === last ? whole.closedUs : (closedUs as Micros),
    ...(k === 0 && opening ? { opening } : {}),
    ...(k === last && closing ? { closing } : {}),
  }));
}

function isSupposed({ openedUs, opening, basis }: ExposureFinding): boolean {
  const isTold = basis.some((each) => each.kind !== 'traffic' && !Number.isNaN(each.openedUs));
  return !Number.isNaN(openedUs) && (!opening || opening.isBySilence === true) && !isTold;
}
