import { lowerBound } from '../base/statistics';
import { formatById } from '../formats/registry';
import type { Ground } from './context';
import type { Coverage } from './coverage';
import { ceilingFor } from './coverage-families';
import { ceilingKey, isCloudService } from './cloud-services';
import { RowTimes } from './row-times';
import { dayIndexOf, type RungBook } from './rung-book';
import { CONVERSED, rungsOfSessions } from './session-rungs';
import type { ExposedService } from './verdict-day';

/** Strangers whose conversations no log could read: by service and UTC day. */
export type Unread = ReadonlyMap<number, ReadonlyMap<number, readonly number[]>>;

/** One sensor's clock dates a connection and the requests in it: they differ by rounding alone. */
const SLACK_US = 1_000;

/**
 * Conversations of which a sensor lists no request. A server logs what it was asked; a sensor only what it could take apart, and says nothing of
 * what was encrypted or spoken in another protocol. Where nothing but sensors could show a read, payload that went both ways without a
 * request is therefore payload that nobody read, however few such conversations are.
 */
export function findUnread(
  ground: Ground,
  coverage: Coverage,
  book: RungBook,
  services: readonly ExposedService[],
): Unread {
  const unread = new Map<number, Map<number, number[]>>();
  const chosen = services.filter((service) => isReadBySensorsAlone(coverage, service));
  if (chosen.length === 0) return unread;
  const rows = new RowTimes(ground, book.services);
  const { sessions } = ground;
  const rungs = rungsOfSessions(sessions);
  for (let s = 0; s < sessions.count; s++) {
    const actor = sessions.actor[s];
    if (rungs[s] !== CONVERSED || book.isStranger[actor] !== 1) continue;
    const service = chosen.find(
      ({ asset, port, protocol }) =>
        sessions.assetPort[s] === port && sessions.asset[s] === asset && sessions.protocol[s] === protocol,
    );
    if (!service || !isExposedAt(service, sessions.startUs[s], sessions.aggregationUs)) continue;
    const times = rows.of(actor, service.id);
    const at = times ? lowerBound(times, sessions.startUs[s] - SLACK_US) : 0;
    if (times && at < times.length && times[at] <= sessions.endUs[s] + SLACK_US) continue;
    const days = unread.get(service.id) ?? new Map<number, number[]>();
    unread.set(service.id, days);
    const day = dayIndexOf(sessions.startUs[s]);
    const actors = days.get(day) ?? [];
    days.set(day, actors);
    if (!actors.includes(actor)) actors.push(actor);
  }
  return unread;
}

function isReadBySensorsAlone(coverage: Coverage, { asset, port, protocol }: ExposedService): boolean {
  if (isCloudService(protocol)) return false;
  const able = coverage
    .familiesOf(asset)
    .filter((family) => ceilingFor(family, ceilingKey(port, protocol)) >= 6);
  return able.length > 0 && able.every(({ format }) => formatById(format)?.seesFromOutside === true);
}

function isExposedAt({ exposed }: ExposedService, us: number, slackUs: number): boolean {
  return exposed.some(({ fromUs, toUs }) => us >= fromUs - slackUs && us <= toUs + slackUs);
}
