import { MICROS_PER_SECOND } from '../base/time';
import { formatDuration } from '../base/units';
import type { Bench } from './ground';
import type { Ladder } from './ladder';
import { loginSeconds } from './profiles';
import type { Visit } from './quiet-signs';

/** Somebody whom the service did not drop was let in, though no log says so: it may not be loaded, or the line may be gone from it. */
export function visitOutlasting(
  bench: Bench,
  ladder: Ladder,
  weight: number,
  actor: number,
  visit: Visit,
): void {
  const i = (ladder.book.outlasting.get(actor) ?? 0) - 1;
  if (i === -1 || bench.outside[actor] === 0 || bench.activity.successes[actor] > 0) return;
  const { sessions, actors, assets } = bench.ground;
  const lastedUs = sessions.endUs[i] - sessions.startUs[i];
  const port = sessions.assetPort[i];
  visit('outlasted', lastedUs / MICROS_PER_SECOND, weight, () => ({
    text: `a session on port ${port} lasted ${formatDuration(lastedUs)}, where who has not logged in is dropped after ${formatDuration(loginSeconds(port, sessions.protocol[i]) * MICROS_PER_SECOND)}; no loaded log shows the login`,
    rows: {
      ...{ table: 'flows', actor: actors.texts[actor], asset: assets.names[sessions.asset[i]], port },
      ...{ fromUs: sessions.startUs[i], toUs: sessions.endUs[i] + 1 },
    },
  }));
}
