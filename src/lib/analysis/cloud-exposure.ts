import type { AssetId, Micros } from '../base/brand';
import { PairSet } from '../base/pair-set';
import { assetOfLogRow } from './assets';
import {
  CLOUD_LOG,
  cloudLogs,
  cloudServiceName,
  cloudServiceNumber,
  holdsDataOf,
  isAskedAbout,
} from './cloud-services';
import type { AssetIndex, ExposureWindow } from './context';
import type { Evidence } from './evidence';
import type { Exposure } from './exposure';
import { publicKey } from './exposure-public';

/** Cloud services asked about, at most, those with the most calls first. */
const MOST_SERVICES = 200;

/**
 * The cloud services that hold data and that an audit log speaks of, as windows without ends: no rule opens or closes them, whoever holds a
 * credential reaches them from anywhere. `exposure`: windows set by the case or found, which stand for the same service unless callers with a
 * credential came at other times too.
 */
export function findCloudServices(
  evidence: Evidence,
  assets: AssetIndex,
  exposure: Pick<Exposure, 'windows' | 'alsoByCredential'>,
): ExposureWindow[] {
  const kinds = cloudLogs(evidence);
  const numbers = new Map<number, number>();
  const services = new PairSet();
  const calls: number[] = [];
  const { strings } = evidence.dictionaries;
  for (const { source, length, columns } of evidence.tables.queries.segments) {
    if (kinds[source] !== CLOUD_LOG.judged) continue;
    for (let i = 0; i < length; i++) {
      const asset = assetOfLogRow(assets, source, columns.host[i]);
      if (asset === -1) continue;
      const name = columns.service[i];
      let number = numbers.get(name);
      if (number === undefined) numbers.set(name, (number = cloudServiceNumber(strings.text(name))));
      if (number === -1 || !isAskedAbout(number, strings.text(columns.object[i]))) continue;
      const id = services.add(asset, number);
      calls[id] = (calls[id] ?? 0) + 1;
    }
  }
  const isGiven = (asset: number, protocol: number): boolean =>
    !exposure.alsoByCredential.has(publicKey(assets.names[asset], cloudServiceName(protocol) ?? '')) &&
    exposure.windows.some((window) => window.asset === asset && window.protocol === protocol);
  return calls
    .map((count, id) => ({ count, asset: services.first[id], protocol: services.second[id] }))
    .filter(({ asset, protocol }) => holdsDataOf(protocol, assets.names[asset]) && !isGiven(asset, protocol))
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_SERVICES)
    .map(({ asset, protocol }) => ({
      asset: asset as AssetId,
      port: 0,
      protocol,
      openedUs: -Infinity as Micros,
      closedUs: Infinity as Micros,
    }));
}
