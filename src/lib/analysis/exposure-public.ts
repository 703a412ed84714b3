import type { Micros } from '../base/brand';
import { greatest, least } from '../base/extremes';
import { listUnder } from '../base/lists';
import { parseCidr } from '../base/addresses';
import { formatUtc, UNKNOWN_TIME } from '../base/time';
import { formatDuration, plural } from '../base/units';
import { CHANGE_KIND, CHANGE_OUTCOME, QUERY_OUTCOME } from '../tables/schemas';
import { rowIdOf } from '../tables/segment';
import { actorOfLogRow } from './actors';
import { assetOfLogRow } from './assets';
import { CLOUD_LOG, cloudLogs, cloudServiceName, cloudServiceNumber, readsCloudData } from './cloud-services';
import { isOpenToAll, isOwnNetwork } from './exposure-changes';
import { slackUs, type ExposureInput } from './exposure-input';
import { joinedSpans, spansOf, type Span, type Step } from './exposure-public-spans';
import type { Caveat, ExposureBasis, ExposureFinding } from './findings';
import { givenNetworks } from './own-ranges';

/** Formats whose changes of public access are about the buckets of a service. */
const SERVICE_OF: readonly [RegExp, string][] = [
  [/^cloudtrail/, 's3'],
  [/^gcp-/, 'storage'],
  [/^azure-/, 'azure-storage'],
];
/** Holders of buckets: what is blocked there is blocked for them all. */
const ACCOUNT = /^(?:AWS account|Google Cloud project) /;
const PUBLIC_KINDS: ReadonlySet<number> = new Set([
  CHANGE_KIND.publicGranted,
  CHANGE_KIND.publicRevoked,
  CHANGE_KIND.publicBlocked,
  CHANGE_KIND.publicUnblocked,
]);
const BLOCKS: ReadonlySet<number> = new Set([CHANGE_KIND.publicBlocked, CHANGE_KIND.publicUnblocked]);
/** Shared copies and ranges told of, at most. */
const MOST_TOLD = 20;

/** Requests that were answered though nobody was named. */
interface Unnamed {
  readonly timesUs: number[];
  readonly actors: number[];
}

interface Bucket {
  readonly asset: number;
  readonly protocol: number;
  readonly steps: Step[];
  readonly unnamed: Unnamed;
}

export interface PublicBuckets {
  readonly findings: readonly ExposureFinding[];
  readonly caveats: readonly Caveat[];
  /** Buckets, as `publicKey` has them, that callers with a credential, not declared ours, read outside of these windows too: they are asked about on all days. */
  readonly alsoByCredential: ReadonlySet<string>;
}

export function publicKey(asset: string, service: string): string {
  return `${service} ${asset}`;
}

/**
 * When buckets could be read by whoever asked: from the changes of their policies, access lists and blocks, and from requests that were
 * answered though nobody was named. As with ports the wider of both counts and what disagrees is flagged.
 */
export function findPublicBuckets(input: ExposureInput): PublicBuckets {
  const caveats: Caveat[] = [];
  const buckets = gatherBuckets(input, caveats);
  gatherUnnamed(input, buckets);
  const findings: ExposureFinding[] = [];
  const alsoByCredential = new Set<string>();
  const windowsOf = new Map<string, ExposureFinding[]>();
  for (const bucket of buckets.values()) {
    const found = findingsOf(bucket, input);
    findings.push(...found);
    if (found.length > 0) windowsOf.set(bucketKey(bucket.asset, bucket.protocol), found);
  }
  for (const key of readBeyond(input, windowsOf)) {
    const [first] = windowsOf.get(key) ?? [];
    if (first) alsoByCredential.add(publicKey(first.asset, first.service));
  }
  return { findings: findings.map((each) => beyondFlag(each, alsoByCredential)), caveats, alsoByCredential };
}

function beyondFlag(finding: ExposureFinding, beyond: ReadonlySet<string>): ExposureFinding {
  if (!beyond.has(publicKey(finding.asset, finding.service))) return finding;
  const flag =
    'callers with a credential, not declared ours, read it outside of this time too: all days are asked about';
  return { ...finding, flags: [...finding.flags, flag] };
}

const bucketKey = (asset: number, protocol: number): string => `${asset}:${protocol}`;

function bucketIn(buckets: Map<string, Bucket>, asset: number, protocol: number): Bucket {
  const key = bucketKey(asset, protocol);
  let bucket = buckets.get(key);
  if (!bucket)
    buckets.set(key, (bucket = { asset, protocol, steps: [], unnamed: { timesUs: [], actors: [] } }));
  return bucket;
}

function gatherBuckets(
  { evidence, assets, parameters }: ExposureInput,
  caveats: Caveat[],
): Map<string, Bucket> {
  const { strings } = evidence.dictionaries;
  const own = givenNetworks(parameters);
  const serviceOf = new Map(
    evidence.sources.map(({ id, format }) => [
      id as number,
      cloudServiceNumber(SERVICE_OF.find(([pattern]) => pattern.test(format))?.[1] ?? ''),
    ]),
  );
  const buckets = new Map<string, Bucket>();
  const overAll = new Map<string, [number, Step][]>();
  const told: string[] = [];
  evidence.tables.changes.segments.forEach(({ source, length, columns: c }, segmentIndex) => {
    const protocol = serviceOf.get(source) ?? -1;
    for (let i = 0; i < length; i++) {
      const kind = c.kind[i];
      if (c.outcome[i] === CHANGE_OUTCOME.failure || !Number.isFinite(c.timeUs[i])) continue;
      const principal = strings.text(c.principal[i]);
      const when = `${formatUtc(c.timeUs[i])}${principal === '' ? '' : ` by ${principal}`}`;
      const lever = strings.text(c.target[i]);
      if (kind === CHANGE_KIND.copyShared)
        told.push(
          `${lever} was ${sharing(strings.text(c.detail[i]))} ${when}. Whoever makes a disk or database of that copy elsewhere reads it there, and no log of ours shows that.`,
        );
      if (!PUBLIC_KINDS.has(kind) || protocol === -1) continue;
      const host = strings.text(c.host[i]);
      const isAccount = ACCOUNT.test(host);
      const network = parseCidr(strings.text(c.cidr[i]));
      const isToAll = network !== null && isOpenToAll({ network });
      if (kind === CHANGE_KIND.publicGranted && !isToAll && network && !isOwnNetwork(network, own))
        told.push(
          `${lever} lets ${network.text} read without being named, ${when}: asked about on all days.`,
        );
      if (kind === CHANGE_KIND.publicGranted && isAccount)
        told.push(
          `${host}: ${strings.text(c.detail[i])}, ${when}. Which of its data that opened is not told.`,
        );
      const step: Step = {
        ...{ timeUs: c.timeUs[i], row: rowIdOf(segmentIndex, i), kind, lever, isAccount, isToAll, principal },
      };
      if (isAccount && BLOCKS.has(kind)) listUnder(overAll, host, [protocol, step]);
      if (!isAccount) {
        const asset = assetOfLogRow(assets, source, c.host[i]);
        if (asset !== -1) bucketIn(buckets, asset, protocol).steps.push(step);
      }
    }
  });
  // Logs do not say which bucket is whose: of several accounts none is known to block them all.
  const [[, steps] = ['', []]] = overAll.size === 1 ? overAll : [];
  for (const { protocol, steps: mine } of buckets.values())
    for (const [service, step] of steps) if (service === protocol) mine.push(step);
  for (const text of told.slice(0, MOST_TOLD)) caveats.push({ cell: 'exposure', text });
  if (told.length > MOST_TOLD)
    caveats.push({
      cell: 'exposure',
      text: `${plural(told.length - MOST_TOLD, 'more change')} of that kind: see the changes.`,
    });
  return buckets;
}

/** `shared with account 111122223333`, out of a change's detail. */
function sharing(detail: string): string {
  return /shared with (?:everyone|account \S+)/.exec(detail)?.[0] ?? 'shared';
}

function gatherUnnamed({ evidence, assets, actors }: ExposureInput, buckets: Map<string, Bucket>): void {
  const { strings } = evidence.dictionaries;
  const nobody = strings.find('anonymous');
  if (!nobody) return;
  const kinds = cloudLogs(evidence);
  for (const { source, length, columns: c } of evidence.tables.queries.segments) {
    if (kinds[source] !== CLOUD_LOG.judged) continue;
    for (let i = 0; i < length; i++) {
      if (c.principal[i] !== nobody || c.outcome[i] !== QUERY_OUTCOME.success) continue;
      const protocol = cloudServiceNumber(strings.text(c.service[i]));
      const asset = assetOfLogRow(assets, source, c.host[i]);
      if (asset === -1 || protocol === -1 || !Number.isFinite(c.timeUs[i])) continue;
      if (!SERVICE_OF.some(([, name]) => name === cloudServiceName(protocol))) continue;
      if (!readsCloudData(protocol, strings.text(c.object[i]))) continue;
      const { unnamed } = bucketIn(buckets, asset, protocol);
      unnamed.timesUs.push(c.timeUs[i]);
      unnamed.actors.push(actorOfLogRow(actors, c.actorAddr[i], c.principal[i]));
    }
  }
}

function findingsOf(bucket: Bucket, input: ExposureInput): ExposureFinding[] {
  const { steps, unnamed } = bucket;
  const slack = slackUs(input.limits);
  const spans = joinedSpans(spansOf(steps), unnamed.timesUs, slack);
  if (spans.length === 0) return unnamed.timesUs.length === 0 ? [] : [byRequestsAlone(bucket, input, slack)];
  return spans.map((span, k) => {
    const from = k === 0 ? -Infinity : span.openedUs - slack;
    const to = k + 1 < spans.length ? spans[k + 1].openedUs - slack : Infinity;
    const mine = within(unnamed, from, to);
    const flags: string[] = [];
    let { openedUs, closedUs } = span;
    const [firstUs, lastUs] = [least(mine.timesUs), greatest(mine.timesUs, -Infinity)];
    if (firstUs < openedUs - slack) {
      flags.push(
        `requests that named nobody were answered ${formatDuration(openedUs - firstUs)} before the change that opened it: open since when, nothing shows`,
      );
      openedUs = UNKNOWN_TIME;
    }
    if (lastUs > closedUs + slack) {
      flags.push(
        `requests that named nobody were still answered ${formatDuration(lastUs - closedUs)} after the change that closed it: open until when, nothing shows`,
      );
      closedUs = UNKNOWN_TIME;
    }
    const basis = [changeBasis(span), ...requestBasis(bucket, mine, input)];
    return findingOf(bucket, [openedUs, closedUs], basis, flags, mine, input);
  });
}

/** Nothing tells who opened it; what withheld public access after the last such request closed it. */
function byRequestsAlone(bucket: Bucket, input: ExposureInput, slack: number): ExposureFinding {
  const { unnamed, steps } = bucket;
  const [firstUs, lastUs] = [least(unnamed.timesUs), greatest(unnamed.timesUs, 0)];
  const closing = steps
    .filter(({ kind, timeUs }) => isClosing(kind) && timeUs >= lastUs - slack)
    .sort((a, b) => a.timeUs - b.timeUs)[0];
  const lifted = steps.find(
    ({ kind, timeUs }) => kind === CHANGE_KIND.publicUnblocked && timeUs <= firstUs + slack,
  );
  const flags = ['no change that is loaded opened it'];
  if (lifted)
    flags.push(
      `a block of public access was lifted ${formatUtc(lifted.timeUs)}, before the first of these requests`,
    );
  const basis: ExposureBasis[] = requestBasis(bucket, unnamed, input);
  if (closing)
    basis.unshift({
      ...{ kind: 'change', openedUs: UNKNOWN_TIME as Micros, closedUs: closing.timeUs as Micros },
      text: `${closing.lever} was changed to keep the public out: its opening is not in the evidence, closed ${formatUtc(closing.timeUs)}${by(closing.principal)}`,
      rows: [{ table: 'changes', rows: [closing.row] }],
    });
  return findingOf(bucket, [UNKNOWN_TIME, closing?.timeUs ?? UNKNOWN_TIME], basis, flags, unnamed, input);
}

function isClosing(kind: number): boolean {
  return kind === CHANGE_KIND.publicRevoked || kind === CHANGE_KIND.publicBlocked;
}

function findingOf(
  { asset, protocol }: Bucket,
  [openedUs, closedUs]: readonly [number, number],
  basis: readonly ExposureBasis[],
  flags: readonly string[],
  unnamed: Unnamed,
  input: ExposureInput,
): ExposureFinding {
  const service = cloudServiceName(protocol) ?? '';
  return {
    asset: input.assets.names[asset],
    port: 0,
    ...{ proto: service, service, basis, flags },
    openedUs: openedUs as Micros,
    closedUs: closedUs as Micros,
    sessions: unnamed.timesUs.length,
    actors: new Set(unnamed.actors).size,
  };
}

const by = (principal: string): string => (principal === '' ? '' : ` by ${principal}`);

function changeBasis(span: Span): ExposureBasis {
  const [lever = '', ...others] = span.levers;
  const more = others.length === 0 ? '' : ` and ${plural(others.length, 'more setting')}`;
  const closed = Number.isNaN(span.closedUs)
    ? 'not closed in the evidence'
    : `closed ${formatUtc(span.closedUs)}${by(span.closedBy)}`;
  return {
    kind: 'change',
    openedUs: span.openedUs as Micros,
    closedUs: span.closedUs as Micros,
    text: `${lever}${more} lets anyone read: opened ${formatUtc(span.openedUs)}${by(span.openedBy)}, ${closed}`,
    rows: [{ table: 'changes', rows: span.rows }],
  };
}

function requestBasis(
  { asset, protocol }: Bucket,
  { timesUs, actors }: Unnamed,
  input: ExposureInput,
): ExposureBasis[] {
  if (timesUs.length === 0) return [];
  const { strings } = input.evidence.dictionaries;
  const [firstUs, lastUs] = [least(timesUs), greatest(timesUs, 0)];
  return [
    {
      ...{ kind: 'traffic', openedUs: UNKNOWN_TIME as Micros, closedUs: UNKNOWN_TIME as Micros },
      text: `${plural(timesUs.length, 'request')} of ${plural(new Set(actors).size, 'caller')} that named nobody ${timesUs.length === 1 ? 'was' : 'were'} answered from ${formatUtc(firstUs)} to ${formatUtc(lastUs)}`,
      rows: [
        {
          ...{ table: 'queries', asset: input.assets.names[asset], fromUs: firstUs, toUs: lastUs + 1 },
          where: {
            principal: [strings.find('anonymous')],
            service: [strings.find(cloudServiceName(protocol) ?? '')],
            outcome: [QUERY_OUTCOME.success],
          },
        },
      ],
    },
  ];
}

function within({ timesUs, actors }: Unnamed, fromUs: number, toUs: number): Unnamed {
  const kept: Unnamed = { timesUs: [], actors: [] };
  timesUs.forEach((us, k) => {
    if (us < fromUs || us >= toUs) return;
    kept.timesUs.push(us);
    kept.actors.push(actors[k]);
  });
  return kept;
}

/** Buckets read outside of their windows by someone named who is not declared ours. */
function readBeyond(
  { evidence, assets, actors, outside }: ExposureInput,
  windowsOf: ReadonlyMap<string, readonly ExposureFinding[]>,
): Set<string> {
  const beyond = new Set<string>();
  if (windowsOf.size === 0) return beyond;
  const { strings } = evidence.dictionaries;
  const kinds = cloudLogs(evidence);
  for (const { source, length, columns: c } of evidence.tables.queries.segments) {
    if (kinds[source] !== CLOUD_LOG.judged) continue;
    for (let i = 0; i < length; i++) {
      if (c.outcome[i] !== QUERY_OUTCOME.success) continue;
      const protocol = cloudServiceNumber(strings.text(c.service[i]));
      const key = bucketKey(assetOfLogRow(assets, source, c.host[i]), protocol);
      const windows = windowsOf.get(key);
      if (!windows || beyond.has(key) || !readsCloudData(protocol, strings.text(c.object[i]))) continue;
      const actor = actorOfLogRow(actors, c.actorAddr[i], c.principal[i]);
      if (actor === -1 || outside[actor] !== 1 || actors.known[actor] !== undefined) continue;
      const us = c.timeUs[i];
      if (!windows.some(({ openedUs, closedUs }) => !(us < openedUs) && !(us > closedUs))) beyond.add(key);
    }
  }
  return beyond;
}
