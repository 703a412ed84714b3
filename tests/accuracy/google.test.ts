import { describe, expect, it } from 'vitest';
import type { Findings } from '../../src/lib/analysis/findings';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import { analyze } from '../../src/lib/analysis/run';
import { parseIsoUtc } from '../../src/lib/base/time';
import { buildIncident, PLAIN, type IncidentPlan } from '../scenarios/incident';
import { loadEvidence } from '../scenarios/load';
import type { Scenario } from '../scenarios/scenario';
import { assetNames, measureCase } from './measure';

const PLAN: IncidentPlan = {
  ...PLAIN,
  seed: 4711,
  noise: 1_000,
  quiet: ['bulk read', 'kibana login'],
  flowFormat: 'gcp',
  trailFormat: 'google',
};

async function analyzed(
  files: readonly { name: string; text: string }[],
  parameters: CaseParameters,
  endedAt: string,
): Promise<Findings> {
  const blobs = files.map(({ name, text }) => ({ name, blob: new Blob([text]) }));
  return analyze(await loadEvidence(blobs, parameters, parseIsoUtc(endedAt) / 1000 + 86_400_000), parameters);
}

const findingsOf = ({ files, parameters, truth }: Scenario): Promise<Findings> =>
  analyzed(files, parameters, truth.to);

describe('machines on Google’s cloud', () => {
  it('are open for as long as the audit log has the firewall rule, and their verdicts are the truth’s', async () => {
    const scenario = buildIncident(PLAN);
    const { truth } = scenario;
    const findings = await findingsOf(scenario);
    const nameOf = assetNames(truth, findings);
    const byChange = truth.exposure.map(({ asset, port }) => {
      const found = findings.exposure.find((each) => nameOf(each.asset) === asset && each.port === port);
      const basis = found?.basis.find(({ kind }) => kind === 'change');
      return [asset, port, basis?.openedUs, basis?.closedUs].join(' ');
    });
    // The log has milliseconds.
    const whole = (iso: string | null): number => Math.floor(parseIsoUtc(iso ?? '') / 1000) * 1000;
    expect(byChange).toEqual(
      truth.exposure.map(({ asset, port, opened, closed }) =>
        [asset, port, whole(opened), whole(closed)].join(' '),
      ),
    );
    const { misses, days, services } = measureCase(truth, findings);
    expect(misses).toEqual([]);
    expect([days.right, services.right]).toEqual([days.judged, services.judged]);
    expect(truth.services.map(({ verdict }) => verdict)).toContain('queried');
  });

  it('are judged by traffic where no audit log came, without a false word', async () => {
    const scenario = buildIncident({ ...PLAN, missing: ['cloudtrail'] });
    const findings = await findingsOf(scenario);
    const { days, services } = measureCase(scenario.truth, findings);
    expect(findings.exposure.every(({ basis }) => basis.every(({ kind }) => kind !== 'change'))).toBe(true);
    expect(days.falseAlarms + days.falseAssurances + services.falseAlarms + services.falseAssurances).toBe(0);
    const read = scenario.truth.services.filter(({ verdict }) => verdict === 'queried');
    const nameOf = assetNames(scenario.truth, findings);
    expect(
      read.map(
        ({ asset, service }) =>
          findings.answers.find((each) => nameOf(each.asset) === asset && each.service === service)?.verdict,
      ),
    ).toEqual(read.map(() => 'queried'));
  });
});

interface Call {
  readonly hour: number;
  readonly who: 'office' | 'stranger';
  readonly service: string;
  readonly method: string;
  readonly bucket?: string;
  readonly resource: string;
  /** google.rpc.Code: 7 is PERMISSION_DENIED. */
  readonly code?: number;
  readonly items?: number;
}

/** An entry of the data access log (LogEntry and AuditLog, cloud.google.com/logging/docs/reference). */
function entryOf(call: Call): string {
  const isOurs = call.who === 'office';
  return JSON.stringify({
    insertId: `i${call.hour}${call.method}${call.resource}`,
    logName: 'projects/applogs-1234/logs/cloudaudit.googleapis.com%2Fdata_access',
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      authenticationInfo: { principalEmail: isOurs ? 'backup@example.net' : 'eve@example.org' },
      methodName: call.method,
      requestMetadata: { callerIp: isOurs ? '192.0.2.40' : '203.0.113.9' },
      resourceName: call.resource,
      serviceName: `${call.service}.googleapis.com`,
      ...(call.code === undefined ? {} : { status: { code: call.code } }),
      ...(call.items === undefined ? {} : { numResponseItems: String(call.items) }),
    },
    resource: {
      type: call.bucket === undefined ? 'project' : 'gcs_bucket',
      labels: {
        project_id: 'applogs-1234',
        ...(call.bucket === undefined ? {} : { bucket_name: call.bucket }),
      },
    },
    timestamp: `2026-04-${String(6 + Math.floor(call.hour / 24)).padStart(2, '0')}T${String(call.hour % 24).padStart(2, '0')}:10:00.000000Z`,
  });
}

function bucketCall(bucket: string, call: Partial<Call> & Pick<Call, 'hour' | 'who'>): Call {
  return {
    service: 'storage',
    method: 'storage.objects.get',
    bucket,
    resource: `projects/_/buckets/${bucket}/objects/2026/part-${call.hour}.gz`,
    ...call,
  };
}

describe('what Google holds for us', () => {
  const HOURS = Array.from({ length: 72 }, (_, hour) => hour);
  const ofProject = { resource: 'projects/applogs-1234', who: 'stranger' as const };
  const secret = {
    service: 'secretmanager',
    method: 'google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion',
    resource: 'projects/applogs-1234/secrets/db/versions/1',
  };
  const calls: readonly Call[] = [
    ...HOURS.flatMap((hour) => [
      ...['mail', 'backups', 'invoices'].map((bucket) => bucketCall(bucket, { hour, who: 'office' })),
      { ...secret, hour, who: 'office' as const },
    ]),
    bucketCall('mail', { hour: 30, who: 'stranger' }),
    bucketCall('backups', { hour: 31, who: 'stranger', code: 7 }),
    ...HOURS.map((hour) =>
      bucketCall('archive', {
        hour,
        who: 'office',
        method: 'storage.buckets.get',
        resource: 'projects/_/buckets/archive',
      }),
    ),
    { ...secret, hour: 32, who: 'stranger', code: 7 },
    {
      ...ofProject,
      ...{ hour: 33, service: 'bigquery', method: 'google.cloud.bigquery.v2.JobService.GetQueryResults' },
    },
    { ...ofProject, hour: 34, service: 'compute', method: 'v1.compute.instances.list', items: 12 },
  ];

  it('is called queried, not queried within coverage or unknown as the data access entries have it', async () => {
    const text = calls
      .map((call) => `${entryOf(call)}\n`)
      .sort()
      .join('');
    const parameters: CaseParameters = { knownActors: [{ cidr: '192.0.2.0/24', label: 'office' }] };
    const findings = await analyzed([{ name: 'audit.json', text }], parameters, '2026-04-09T00:00:00Z');
    const said = findings.answers.map(({ asset, service, verdict }) => `${asset} ${service}: ${verdict}`);
    expect(said.sort()).toEqual([
      'Google Cloud project applogs-1234 bigquery: queried',
      'Google Cloud project applogs-1234 secretmanager: not queried within coverage',
      'archive storage: cannot tell',
      'backups storage: not queried within coverage',
      'invoices storage: not queried within coverage',
      'mail storage: queried',
    ]);
    const days = findings.verdicts
      .filter(({ asset, service }) => asset === 'mail' && service === 'storage')
      .map(({ day, verdict, actors }) => [day, verdict, ...actors].join(' '));
    expect(days).toEqual([
      '2026-04-06 not queried within coverage',
      '2026-04-07 queried 203.0.113.9',
      '2026-04-08 not queried within coverage',
    ]);
  });
});
