import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker } from '../../../tests/support/evidence';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { cloudServiceName, cloudServiceNumber, holdsDataOf, readsCloudData } from './cloud-services';
import type { AnswerFinding, Findings } from './findings';
import type { CaseParameters } from './parameters';
import { analyze } from './run';

const T0 = at('2015-03-02T00:00:00Z');
const HOUR = 3_600_000_000;
const ACCOUNT = 'AWS account 111122223333';

interface Call {
  readonly actorAddr?: string;
  readonly principal?: string;
  readonly service?: string;
  readonly host?: string;
  readonly object: string;
  readonly verb?: number;
  readonly outcome?: number;
}

/** A day of a trail in which a console lists instances every minute, with `calls` in between. */
function trail(calls: readonly Call[], parameters: CaseParameters = {}, format = 'cloudtrail'): Findings {
  const maker = new EvidenceMaker();
  const source = maker.source({ format, formatLabel: 'an audit log', heldOffAsset: true });
  const ordinary = { verb: QUERY_VERB.list, outcome: QUERY_OUTCOME.success };
  for (let minute = 0; minute < 24 * 60; minute++)
    source.query({
      timeUs: T0 + (minute * HOUR) / 60,
      actorAddr: '198.51.100.20',
      principal: 'console',
      service: 'ec2',
      host: ACCOUNT,
      object: 'DescribeInstances',
      ...ordinary,
    });
  calls.forEach((call, i) =>
    source.query({
      timeUs: T0 + 6 * HOUR + i * 1e6,
      actorAddr: '203.0.113.9',
      principal: 'eve',
      service: 's3',
      host: ACCOUNT,
      ...ordinary,
      ...call,
    }),
  );
  return analyze(maker.make(), { knownActors: [{ actor: '198.51.100.20', label: 'office' }], ...parameters });
}

const answerOn = (findings: Findings, asset: string, service: string): AnswerFinding | undefined =>
  findings.answers.find((answer) => answer.asset === asset && answer.service === service);

describe('calls of a cloud service', () => {
  it('read data by name, or by being on an object alone', () => {
    const reads = (service: string, object: string): boolean =>
      readsCloudData(cloudServiceNumber(service), object);
    expect(reads('secretsmanager', 'GetSecretValue prod/db')).toBe(true);
    expect(reads('secretsmanager', 'DescribeSecret prod/db')).toBe(false);
    expect(reads('s3', 'backups/customers.sql.gz')).toBe(true);
    expect(reads('s3', 'backups/a file with spaces')).toBe(true);
    expect(reads('s3', 'ListObjects backups')).toBe(true);
    expect(reads('s3', 'GetBucketAcl backups')).toBe(false);
    expect(reads('s3', 'REST.GET.BUCKET backups')).toBe(true);
    expect(reads('s3', 'REST.GET.ACL backups')).toBe(false);
    expect(reads('lambda', 'GetFunction20150331v2 resize')).toBe(true);
    expect(reads('ec2', 'DescribeInstances')).toBe(false);
    expect(reads('iam', 'ListUsers')).toBe(false);
    expect(reads('azure-storage', 'mailbackups/dumps/customers.sql.gz')).toBe(true);
    expect(reads('azure-storage', 'ListBlobs mailbackups/dumps')).toBe(true);
    expect(reads('azure-storage', 'QueryEntities mailbackups/accounts')).toBe(true);
    expect(reads('azure-storage', 'GetBlobProperties mailbackups/dumps/a')).toBe(false);
    expect(reads('azure-key-vault', 'SecretGet secrets/smtp-password')).toBe(true);
    expect(reads('azure-key-vault', 'SecretList secrets')).toBe(false);
    expect(reads('azure-key-vault', 'KeyGet keys/dkim')).toBe(false);
    expect(reads('snowflake', 'SELECT * FROM customers')).toBe(true);
    expect(reads('snowflake', 'COPY INTO @~/out FROM customers')).toBe(true);
    expect(reads('snowflake', 'SHOW TABLES')).toBe(false);
    expect(reads('snowflake', 'read Materialized view MAIL.PUBLIC.V (BODY)')).toBe(true);
    expect(reads('redshift', "UNLOAD ('select * from keys') TO 's3://elsewhere'")).toBe(true);
    expect(reads('redshift', 'VACUUM keys')).toBe(false);
    expect(reads('bigquery', 'SELECT * FROM `mail.archive.messages`')).toBe(true);
    expect(reads('bigquery', 'EXTRACT mail.archive.messages')).toBe(true);
    expect(reads('bigquery', 'CREATE SCHEMA archive')).toBe(false);
    expect(reads('salesforce', 'BulkApi query Contact')).toBe(true);
    expect(reads('salesforce', 'LightningPageView')).toBe(false);
    expect(reads('google-drive', 'download Payroll 2015 1AbC')).toBe(true);
    expect(reads('google-drive', 'rename view of the lake 1AbD')).toBe(false);
    expect(reads('github', 'git.clone example/mail')).toBe(true);
    expect(reads('github', 'repo.create example/mail')).toBe(false);
  });

  it('have numbers that no protocol has, and names that lead back to them', () => {
    expect(cloudServiceNumber('s3')).toBeGreaterThan(255);
    expect(cloudServiceName(cloudServiceNumber('kinesis'))).toBe('kinesis');
    expect(cloudServiceName(6)).toBeUndefined();
    expect(holdsDataOf(cloudServiceNumber('s3'), ACCOUNT)).toBe(false);
  });
});

describe('a cloud service without a machine', () => {
  it('is called queried where an undeclared caller got what it holds', () => {
    const findings = trail([
      { service: 'secretsmanager', object: 'GetSecretValue prod/db', verb: QUERY_VERB.read },
    ]);
    const answer = answerOn(findings, ACCOUNT, 'secretsmanager');
    expect(answer).toMatchObject({ verdict: 'queried', rung: 6, actors: ['203.0.113.9'] });
    expect(answer?.why.map(({ rows }) => rows ?? []).flat()[0]?.where).toBeDefined();
  });

  it('is not, where the call was refused or the caller is ours', () => {
    const object = 'GetSecretValue prod/db';
    const call = { service: 'secretsmanager', object, verb: QUERY_VERB.read };
    const refused = trail([{ ...call, outcome: QUERY_OUTCOME.denied }]);
    expect(answerOn(refused, ACCOUNT, 'secretsmanager')?.verdict).toBe('not queried within coverage');
    const ours = trail([call], { knownActors: [{ cidr: '0.0.0.0/0', label: 'all ours' }] });
    expect(answerOn(ours, ACCOUNT, 'secretsmanager')?.verdict).toBe('not queried within coverage');
  });

  it('can’t be told of a bucket whose objects the trail does not log', () => {
    const findings = trail([{ host: 'backups', object: 'GetBucketAcl backups', verb: QUERY_VERB.read }]);
    const answer = answerOn(findings, 'backups', 's3');
    expect(answer).toMatchObject({ verdict: 'cannot tell', rung: 5, ceiling: 5 });
    expect(answer?.missing.join()).toMatch(/data events of the bucket backups, or its server access log/);
  });

  it('is a storage account or a vault of Azure, queried where someone got a blob or a secret', () => {
    const maker = new EvidenceMaker();
    const source = maker.source({ format: 'azure-resource', heldOffAsset: true });
    const common = { actorAddr: '203.0.113.9', verb: QUERY_VERB.read };
    const blob = { service: 'azure-storage', host: 'dumps', object: 'dumps/mail/customers.sql.gz' };
    const secret = { service: 'azure-key-vault', host: 'keys', object: 'SecretGet secrets/smtp' };
    const { success, denied } = QUERY_OUTCOME;
    source.query({ ...common, ...blob, timeUs: T0 + HOUR, outcome: success, status: 200 });
    source.query({ ...common, ...secret, timeUs: T0 + 2 * HOUR, outcome: denied, status: 403 });
    const findings = analyze(maker.make(), {});
    expect(answerOn(findings, 'dumps', 'azure-storage')).toMatchObject({ verdict: 'queried', rung: 6 });
    expect(answerOn(findings, 'keys', 'azure-key-vault')).toMatchObject({ rung: 4 });
    expect(findings.aftermath.retire).toEqual([]);
  });

  it('is not asked about where it runs machines and nobody called for what they show', () => {
    const call = { service: 'ec2', verb: QUERY_VERB.read };
    expect(answerOn(trail([]), ACCOUNT, 'ec2')).toBeUndefined();
    expect(answerOn(trail([{ ...call, object: 'GetPasswordData i-1' }]), ACCOUNT, 'ec2')?.verdict).toBe(
      'queried',
    );
    const refused = trail([{ ...call, object: 'GetPasswordData i-1', outcome: QUERY_OUTCOME.denied }]);
    expect(answerOn(refused, ACCOUNT, 'ec2')?.verdict).toBe('not queried within coverage');
  });

  it('is a mailbox or a site, called queried where its mail or files were opened and not where it was searched', () => {
    const mail = { service: 'exchange', host: 'carol@example.net' };
    const site = { service: 'sharepoint', host: 'example.sharepoint.com/sites/hr' };
    const findings = trail(
      [
        { ...mail, object: 'carol@example.net \\Inbox', verb: QUERY_VERB.read },
        { ...site, object: 'SearchQueryPerformed https://example.sharepoint.com/sites/hr' },
        { ...site, object: 'https://example.sharepoint.com/sites/hr/pay.xlsx', verb: QUERY_VERB.write },
      ],
      {},
      'm365-audit',
    );
    expect(answerOn(findings, mail.host, 'exchange')).toMatchObject({
      verdict: 'queried',
      actors: ['203.0.113.9'],
    });
    expect(answerOn(findings, site.host, 'sharepoint')).toMatchObject({
      verdict: 'not queried within coverage',
      rung: 5,
    });
  });

  it('is a database, a drive or a repository of a service that others run, and no machine', () => {
    const maker = new EvidenceMaker();
    const held = [
      ['snowflake', 'snowflake', 'MAIL', 'SELECT * FROM customers'],
      ['snowflake', 'snowflake', 'KEYS', 'read External table KEYS.PUBLIC.ALL (SECRET)'],
      ['redshift', 'redshift', 'dev', 'select * from mail.messages'],
      ['salesforce-events', 'salesforce', 'Salesforce organization 00D1', 'ReportExport /00O1'],
      ['google-workspace-csv', 'google-drive', 'eve@example.net', 'download Payroll 2014 1AbB'],
      ['github-audit-csv', 'github', 'example/keys', 'git.clone example/keys'],
      ['google-workspace', 'google-drive', 'bob@example.net', 'download Payroll 2015 1AbC'],
      ['github-audit', 'github', 'example/mail', 'git.clone example/mail'],
    ] as const;
    for (const [format, service, host, object] of held) {
      const source = maker.source({ format, heldOffAsset: true });
      const common = { principal: 'mallory', service, host, outcome: QUERY_OUTCOME.success };
      source.query({ ...common, timeUs: T0 + HOUR, object, verb: QUERY_VERB.read });
      source.login({ timeUs: T0, service, user: 'mallory', outcome: LOGIN_OUTCOME.success });
    }
    const findings = analyze(maker.make(), {});
    for (const [, service, host] of held)
      expect(answerOn(findings, host, service)).toMatchObject({ verdict: 'queried', actors: ['mallory'] });
    expect(findings.assets.map(({ asset }) => asset).sort()).toEqual(held.map(([, , host]) => host).sort());
  });

  it('is covered by the whole trail, however seldom it is called', () => {
    const put = { host: 'backups', object: 'backups/today.gz', verb: QUERY_VERB.write };
    const findings = trail([{ ...put, actorAddr: '198.51.100.20', principal: 'backup' }]);
    expect(answerOn(findings, 'backups', 's3')).toMatchObject({
      verdict: 'not queried within coverage',
      ceiling: 6,
    });
  });

  it('is no machine: nothing is retired, and a log that names no host is not its', () => {
    const maker = new EvidenceMaker();
    const cloud = maker.source({ format: 'cloudtrail' });
    const call = {
      principal: 'eve',
      service: 's3',
      host: 'backups',
      object: 'backups/x',
      verb: QUERY_VERB.read,
    };
    cloud.query({ timeUs: T0, actorAddr: '203.0.113.9', outcome: QUERY_OUTCOME.success, ...call });
    maker
      .source({ format: 'syslog', name: 'auth.log' })
      .login({ timeUs: T0, actorAddr: '203.0.113.9', service: 'sshd', user: 'root', outcome: 1 });
    const findings = analyze(maker.make(), {});
    expect(findings.aftermath.retire).toEqual([]);
    expect(findings.assets.map(({ asset }) => asset)).toEqual(['backups', 'host of auth.log']);
  });
});

describe('who calls a cloud', () => {
  it('is the principal where addresses are private and say nothing', () => {
    const inside = { actorAddr: '10.9.9.9', object: 'GetSecretValue a', service: 'secretsmanager' };
    const maker = new EvidenceMaker();
    for (const [hour, principal] of ['eve', 'build'].entries())
      maker.source({ format: 'cloudtrail', formatLabel: 'AWS CloudTrail' }).query({
        timeUs: T0 + (hour + 1) * HOUR,
        ...inside,
        principal,
        host: ACCOUNT,
        verb: QUERY_VERB.read,
        outcome: 1,
      });
    const findings = analyze(maker.make(), {});
    expect(findings.actors.map(({ actor, kind }) => `${kind} ${actor}`).sort()).toEqual([
      'principal build',
      'principal eve',
    ]);
    expect(findings.inferred.join()).toMatch(
      /AWS CloudTrail \(2 files\): nearly every call comes from a private address \(10\.9\.9\.9\).*principal is the actor/,
    );
    expect(answerOn(findings, ACCOUNT, 'secretsmanager')).toMatchObject({ verdict: 'queried' });
  });

  it('stays the address where the case says that those addresses are ours', () => {
    const call = { actorAddr: '10.9.9.9', object: 'GetSecretValue a', service: 'secretsmanager' };
    const findings = trail([call], { ownNetworks: ['10.0.0.0/8'] });
    expect(findings.actors.map(({ kind }) => kind)).not.toContain('principal');
  });

  it('is the principal where the cloud called for it', () => {
    const call = {
      actorAddr: '',
      object: 'GetSecretValue a',
      service: 'secretsmanager',
      verb: QUERY_VERB.read,
    };
    const findings = trail([call]);
    expect(answerOn(findings, ACCOUNT, 'secretsmanager')).toMatchObject({
      verdict: 'queried',
      actors: ['eve'],
    });
    expect(findings.inferred.join()).toMatch(/1 call that the cloud made in someone's name/);
  });
});
