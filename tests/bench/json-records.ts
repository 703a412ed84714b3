import { randomInt, type Random } from '../../src/lib/base/random';
import { hex, iso, isoFraction, outside, pick, START, uuid, type MakeRow, type Row } from './rows';

// Records of the JSON formats, as wide as their products write them: names and order of keys are those of the vendors' own examples.

export type JsonRecords =
  | 'azure-activity'
  | 'gcp-audit'
  | 'entra'
  | 'okta'
  | 'json-table'
  | 'windows-json'
  | 'mongodb'
  | 'postgresql-json'
  | 'journald-json'
  | 'ecs-flow'
  | 'access-log-json';

const PEOPLE = Array.from({ length: 300 }, (_, i) => `person.${i}@example.net`);
const IDS = Array.from({ length: 300 }, (_, i) => `00u1abvz4pYqdM${1000 + i}`);
const AGENTS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:122.0) Gecko/20100101 Firefox/122.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36',
  'google-cloud-sdk gcloud/461.0.0 command/gcloud.compute.instances.list',
];
const SUBSCRIPTION = '/subscriptions/8a4de8b5-095c-47d0-a96f-a75130c61d53';

const at = (index: number, perSecond: number): number => START + Math.floor(index / perSecond);

/** What is left of a whole second, in microseconds: the size of records that hold no other number. */
const microsOf = (milliseconds: number): number => milliseconds * 1000;

/** An operation that changes something is two events, its beginning and its end; every other one gives keys out, or only names. */
function azureActivity(random: Random, index: number): Row {
  const isChange = index % 5 < 2;
  const isMatch = !isChange && random() < 0.4;
  const isStart = index % 5 === 0;
  const person = pick(random, PEOPLE);
  const vault = `STORAGE${randomInt(random, 1, 60)}`;
  const name = `${SUBSCRIPTION}/resourceGroups/mail/providers`.toUpperCase();
  const [operation, resourceId] = isChange
    ? [
        'MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/SECURITYRULES/WRITE',
        `${name}/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/LOGS-NSG/SECURITYRULES/RULE-${Math.floor(index / 5) % 100}`,
      ]
    : isMatch
      ? [
          'MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION',
          `${name}/MICROSOFT.STORAGE/STORAGEACCOUNTS/${vault}`,
        ]
      : ['MICROSOFT.WEB/SITES/CONFIG/LIST/ACTION', `${name}/MICROSOFT.WEB/SITES/${vault}/CONFIG/WEB`];
  const durationMs = isChange ? 0 : randomInt(random, 1, 9000);
  const claim = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';
  const rule = {
    access: 'Allow',
    direction: 'Inbound',
    protocol: 'Tcp',
    sourceAddressPrefix: outside(random),
    destinationPortRange: String(randomInt(random, 1, 9999)),
  };
  const record = {
    time: isoFraction(at(index, 5), randomInt(random, 0, 9_999_999), 7),
    resourceId,
    operationName: operation,
    category: isChange ? 'Administrative' : 'Action',
    resultType: isStart ? 'Start' : 'Success',
    resultSignature: isStart ? 'Started.' : 'Succeeded.OK',
    durationMs,
    callerIpAddress: outside(random),
    correlationId: isChange
      ? `c776f9f4-36e5-4e0e-809b-${String(Math.floor(index / 5)).padStart(12, '0')}`
      : uuid(random),
    identity: {
      authorization: {
        scope: resourceId,
        action: operation.toLowerCase(),
        evidence: {
          role: 'Contributor',
          roleAssignmentScope: SUBSCRIPTION,
          roleAssignmentId: '8a4de8b5095c47d0a96fa75130c61d53',
          roleDefinitionId: 'b24988ac618042a0ab8820f7382dd24c',
          principalId: '8a4de8b5095c47d0a96fa75130c61d53',
          principalType: 'User',
        },
      },
      claims: {
        aud: 'https://management.core.windows.net/',
        iss: 'https://sts.windows.net/8a4de8b5-095c-47d0-a96f-a75130c61d53/',
        iat: '1571875726',
        nbf: '1571875726',
        exp: '1571904826',
        'http://schemas.microsoft.com/claims/authnclassreference': '1',
        aio: hex(random, 24),
        'http://schemas.microsoft.com/claims/authnmethodsreferences': 'pwd',
        appid: 'c44b4083-3bb0-49c1-b47d-974e53cbdf3c',
        appidacr: '2',
        ipaddr: '203.0.113.7',
        name: person,
        'http://schemas.microsoft.com/identity/claims/objectidentifier': uuid(random),
        'http://schemas.microsoft.com/identity/claims/scope': 'user_impersonation',
        [`${claim}/nameidentifier`]: hex(random, 40),
        'http://schemas.microsoft.com/identity/claims/tenantid': '8a4de8b5-095c-47d0-a96f-a75130c61d53',
        [`${claim}/name`]: person,
        [`${claim}/upn`]: person,
        uti: hex(random, 22),
        ver: '1.0',
      },
    },
    level: 'Information',
    location: 'global',
    properties:
      isChange && !isStart
        ? {
            statusCode: 'OK',
            serviceRequestId: uuid(random),
            responseBody: JSON.stringify({ properties: rule }),
          }
        : { statusCode: 'OK', serviceRequestId: uuid(random) },
  };
  return { line: JSON.stringify(record), size: durationMs * 1000, isMatch, isOther: isChange };
}

function gcpAudit(random: Random, index: number): Row {
  const isOther = random() < 0.2;
  const isMatch = !isOther && random() < 0.5;
  const items = isOther ? 0 : randomInt(random, 1, 900);
  const object = `projects/_/buckets/mail-${randomInt(random, 1, 20)}/objects/${randomInt(random, 1, 4000)}.csv`;
  const instance = `projects/shop/zones/us-central1-a/instances/log-${randomInt(random, 1, 40)}`;
  const [method, service, resourceName] = isOther
    ? ['v1.compute.instances.setTags', 'compute.googleapis.com', instance]
    : isMatch
      ? ['storage.objects.get', 'storage.googleapis.com', object]
      : ['beta.compute.instances.aggregatedList', 'compute.googleapis.com', 'projects/shop/global/instances'];
  const timestamp = isoFraction(at(index, 20), randomInt(random, 0, 999_999), 6);
  const record = {
    insertId: hex(random, 13),
    logName: `projects/shop/logs/cloudaudit.googleapis.com%2F${isOther ? 'activity' : 'data_access'}`,
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      authenticationInfo: { principalEmail: pick(random, PEOPLE) },
      authorizationInfo: [
        {
          granted: true,
          permission: isMatch ? 'storage.objects.get' : 'compute.instances.list',
          resource: resourceName,
          resourceAttributes: {
            name: resourceName,
            service: 'resourcemanager',
            type: 'resourcemanager.projects',
          },
        },
      ],
      methodName: method,
      ...(isOther ? {} : { numResponseItems: String(items) }),
      request: {
        '@type': 'type.googleapis.com/compute.instances.aggregatedList',
        fingerprint: hex(random, 12),
      },
      requestMetadata: {
        callerIp: outside(random),
        callerSuppliedUserAgent: pick(random, AGENTS),
        requestAttributes: { auth: {}, reason: hex(random, 20), time: timestamp },
        destinationAttributes: {},
      },
      resourceLocation: { currentLocations: ['us-central1'] },
      resourceName,
      serviceName: service,
      status: {},
    },
    receiveTimestamp: isoFraction(at(index, 20) + 1, randomInt(random, 0, 999_999_999), 9),
    resource: { labels: { project_id: 'shop', location: 'us-central1' }, type: 'api' },
    severity: 'INFO',
    timestamp,
  };
  return { line: JSON.stringify(record), size: items, isMatch, isOther };
}

function entra(random: Random, index: number): Row {
  const isMatch = random() < 0.3;
  const millis = randomInt(random, 0, 999);
  const person = pick(random, PEOPLE);
  const address = outside(random);
  const time = `${isoFraction(at(index, 10), millis, 3).slice(0, -1)}0000Z`;
  const id = uuid(random);
  const record = {
    time,
    resourceId: '/tenants/8a4de8b5-095c-47d0-a96f-a75130c61d53/providers/Microsoft.aadiam',
    operationName: 'Sign-in activity',
    operationVersion: '1.0',
    category: 'SignInLogs',
    tenantId: '8a4de8b5-095c-47d0-a96f-a75130c61d53',
    resultType: isMatch ? '50126' : '0',
    resultSignature: 'None',
    resultDescription: isMatch
      ? 'Invalid username or password or Invalid on-premise username or password.'
      : '',
    durationMs: 0,
    callerIpAddress: address,
    correlationId: id,
    identity: person,
    Level: 4,
    location: 'FR',
    properties: {
      id,
      createdDateTime: time,
      userDisplayName: person,
      userPrincipalName: person,
      userId: uuid(random),
      appId: '8a4de8b5-095c-47d0-a96f-a75130c61d53',
      appDisplayName: pick(random, ['Office 365', 'Azure Portal', 'Exchange Online']),
      ipAddress: address,
      status: isMatch
        ? { errorCode: 50126, failureReason: 'Invalid username or password.', additionalDetails: null }
        : { errorCode: 0 },
      clientAppUsed: 'Browser',
      userAgent: pick(random, AGENTS),
      deviceDetail: { deviceId: '', operatingSystem: 'MacOs', browser: 'Chrome 121.0.0' },
      location: {
        city: 'Champs-Sur-Marne',
        state: 'Seine-Et-Marne',
        countryOrRegion: 'FR',
        geoCoordinates: { latitude: 48.12341234, longitude: 2.12341234 },
      },
      correlationId: id,
      conditionalAccessStatus: 'notApplied',
      appliedConditionalAccessPolicies: [],
      authenticationDetails: [
        {
          authenticationStepDateTime: time,
          authenticationMethod: 'Password',
          authenticationMethodDetail: 'Password in the cloud',
          succeeded: !isMatch,
          RequestSequence: 1,
        },
      ],
      authenticationRequirement: 'singleFactorAuthentication',
      isInteractive: true,
      tokenIssuerName: '',
      tokenIssuerType: 'AzureAD',
      processingTimeInMilliseconds: randomInt(random, 50, 900),
      riskDetail: 'none',
      riskLevelAggregated: 'none',
      riskLevelDuringSignIn: 'none',
      riskState: 'none',
      servicePrincipalId: '',
    },
  };
  return { line: JSON.stringify(record), size: microsOf(millis), isMatch };
}

function okta(random: Random, index: number): Row {
  const isMatch = random() < 0.3;
  const millis = randomInt(random, 0, 999);
  const who = randomInt(random, 0, PEOPLE.length - 1);
  const address = outside(random);
  const requestId = hex(random, 27);
  const place = {
    city: 'Dublin',
    country: 'United States',
    geolocation: { lat: 37.7201, lon: -121.919 },
    postalCode: '94568',
    state: 'California',
  };
  const record = {
    actor: {
      alternateId: PEOPLE[who],
      detailEntry: null,
      displayName: `Person ${who}`,
      id: IDS[who],
      type: 'User',
    },
    authenticationContext: {
      authenticationProvider: null,
      authenticationStep: 0,
      credentialProvider: null,
      credentialType: null,
      externalSessionId: hex(random, 25),
      interface: null,
      issuer: null,
    },
    client: {
      device: 'Computer',
      geographicalContext: place,
      id: null,
      ipAddress: address,
      userAgent: { browser: 'FIREFOX', os: 'Mac OS X', rawUserAgent: pick(random, AGENTS) },
      zone: 'null',
    },
    debugContext: {
      debugData: {
        deviceFingerprint: hex(random, 32),
        requestId,
        requestUri: '/api/v1/authn',
        threatSuspected: 'false',
        url: '/api/v1/authn?',
      },
    },
    displayMessage: 'User login to Okta',
    eventType: 'user.session.start',
    legacyEventType: isMatch ? 'core.user_auth.login_failed' : 'core.user_auth.login_success',
    outcome: isMatch
      ? { reason: 'INVALID_CREDENTIALS', result: 'FAILURE' }
      : { reason: null, result: 'SUCCESS' },
    published: isoFraction(at(index, 10), millis, 3),
    request: { ipChain: [{ geographicalContext: place, ip: address, source: null, version: 'V4' }] },
    securityContext: { asNumber: null, asOrg: null, domain: null, isProxy: null, isp: null },
    severity: 'INFO',
    target: null,
    transaction: { detail: {}, id: requestId, type: 'WEB' },
    uuid: uuid(random),
    version: '0',
  };
  return { line: JSON.stringify(record), size: microsOf(millis), isMatch };
}

/** A firewall's own JSON, whose fields only their names explain. */
function jsonTable(random: Random, index: number): Row {
  const isMatch = random() < 0.7;
  const size = randomInt(random, 60, 90_000);
  const record = {
    timestamp: isoFraction(at(index, 40), randomInt(random, 0, 999), 3),
    device: `fw-${randomInt(random, 1, 4)}`,
    session_id: randomInt(random, 1, 2_000_000_000),
    rule: `rule-${randomInt(random, 1, 60)}`,
    policy: { id: randomInt(random, 1, 60), name: 'outside to servers' },
    src_ip: outside(random),
    src_port: randomInt(random, 1024, 65535),
    dest_ip: `10.20.0.${randomInt(random, 1, 30)}`,
    dest_port: pick(random, [22, 443, 9200]),
    proto: 'tcp',
    application: pick(random, ['ssl', 'ssh', 'elasticsearch']),
    bytes: size,
    packets: randomInt(random, 1, 80),
    action: isMatch ? 'allow' : 'deny',
    reason: 'policy',
    country: pick(random, ['FR', 'US', 'NL', 'CN']),
  };
  return { line: JSON.stringify(record), size, isMatch };
}

/** As winlogbeat writes them. */
function windowsJson(random: Random, index: number): Row {
  const isMatch = random() < 0.6;
  const port = randomInt(random, 1024, 65535);
  const time = isoFraction(at(index, 20), randomInt(random, 0, 999), 3);
  const computer = `dc${randomInt(random, 1, 3)}.corp.example`;
  const record = {
    '@timestamp': time,
    event: {
      action: isMatch ? 'logon-failed' : 'logged-in',
      code: isMatch ? '4625' : '4624',
      created: isoFraction(at(index, 20) + 2, randomInt(random, 0, 999), 3),
      kind: 'event',
      outcome: isMatch ? 'failure' : 'success',
      provider: 'Microsoft-Windows-Security-Auditing',
    },
    host: { name: computer, architecture: 'x86_64', os: { family: 'windows', name: 'Windows Server 2022' } },
    log: { level: 'information' },
    message: `An account ${isMatch ? 'failed' : 'was successfully'} to log on.\n\nSubject:\n\tSecurity ID:\t\tS-1-0-0\n\tAccount Name:\t\t-\n\tAccount Domain:\t\t-\n\tLogon ID:\t\t0x0\n\nLogon Type:\t\t\t3\n`,
    winlog: {
      activity_id: `{${uuid(random)}}`,
      api: 'wineventlog',
      channel: 'Security',
      computer_name: computer,
      event_data: {
        AuthenticationPackageName: 'NTLM',
        IpAddress: outside(random),
        IpPort: String(port),
        KeyLength: '0',
        LogonProcessName: 'NtLmSsp ',
        LogonType: '3',
        ProcessId: '0x0',
        ProcessName: '-',
        SubjectLogonId: '0x0',
        SubjectUserSid: 'S-1-0-0',
        TargetDomainName: 'CORP',
        TargetUserName: `person.${randomInt(random, 1, 300)}`,
        TargetUserSid: 'S-1-0-0',
        WorkstationName: `WS${randomInt(random, 1, 200)}`,
        ...(isMatch
          ? { Status: '0xc000006d', SubStatus: '0xc000006a', FailureReason: '%%2313' }
          : { TargetLogonId: `0x${hex(random, 6)}`, ElevatedToken: '%%1843' }),
      },
      event_id: isMatch ? '4625' : '4624',
      keywords: [isMatch ? 'Audit Failure' : 'Audit Success'],
      opcode: 'Info',
      process: { pid: 640, thread: { id: randomInt(random, 600, 9000) } },
      provider_guid: '{54849625-5478-4994-a5ba-3e3b0328c30d}',
      provider_name: 'Microsoft-Windows-Security-Auditing',
      record_id: 1_000_000 + index,
      task: 'Logon',
    },
  };
  return { line: JSON.stringify(record), size: port, isMatch };
}

function mongodb(random: Random, index: number): Row {
  const isMatch = random() < 0.7;
  const millis = randomInt(random, 100, 9000);
  const id = randomInt(random, 1, 90_000);
  const collection = pick(random, ['keys', 'mails', 'customers']);
  const record = {
    t: { $date: `${isoFraction(at(index, 20), randomInt(random, 0, 999), 3).slice(0, -1)}+00:00` },
    s: 'I',
    c: 'COMMAND',
    id: 51803,
    ctx: `conn${randomInt(random, 1, 400)}`,
    msg: 'Slow query',
    attr: {
      type: 'command',
      ns: `mail.${collection}`,
      appName: 'mongosh 2.1.1',
      command: isMatch
        ? { find: collection, filter: { customer: id }, limit: 100, $db: 'mail' }
        : { update: collection, updates: [{ q: { _id: id }, u: { $set: { seen: true } } }], $db: 'mail' },
      planSummary: 'COLLSCAN',
      keysExamined: 0,
      docsExamined: randomInt(random, 100, 90_000),
      nreturned: randomInt(random, 1, 101),
      queryHash: hex(random, 8),
      numYields: randomInt(random, 0, 90),
      reslen: randomInt(random, 100, 90_000),
      locks: {
        FeatureCompatibilityVersion: { acquireCount: { r: 12 } },
        Global: { acquireCount: { r: 12 } },
      },
      storage: { data: { bytesRead: randomInt(random, 100, 9_000_000), timeReadingMicros: 511 } },
      remote: `${outside(random)}:${randomInt(random, 1024, 65535)}`,
      protocol: 'op_msg',
      durationMillis: millis,
    },
  };
  return { line: JSON.stringify(record), size: millis * 1000, isMatch };
}

function postgresqlJson(random: Random, index: number): Row {
  const isMatch = random() < 0.7;
  const micros = randomInt(random, 100, 90_000);
  const id = randomInt(random, 1, 90_000);
  const statement = isMatch
    ? `SELECT id, name FROM customers WHERE id = ${id}`
    : `UPDATE customers SET seen = now() WHERE id = ${id}`;
  const process = randomInt(random, 100, 140);
  const record = {
    timestamp: `${isoFraction(at(index, 20), randomInt(random, 0, 999), 3)
      .replace('T', ' ')
      .slice(0, -1)} UTC`,
    user: 'app',
    dbname: 'crm',
    pid: process,
    remote_host: `10.20.0.${process}`,
    remote_port: 40_000 + process,
    session_id: `65f2c1a0.${process.toString(16)}`,
    line_num: index + 1,
    ps: isMatch ? 'SELECT' : 'UPDATE',
    session_start: '2026-02-20 00:00:00 UTC',
    vxid: `${process}/${index}`,
    txid: 0,
    error_severity: 'LOG',
    message: `duration: ${Math.floor(micros / 1000)}.${String(micros % 1000).padStart(3, '0')} ms  statement: ${statement}`,
    application_name: 'crm-web',
    backend_type: 'client backend',
    query_id: randomInt(random, 1, 2_000_000_000),
  };
  return { line: JSON.stringify(record), size: micros, isMatch };
}

function journaldJson(random: Random, index: number): Row {
  const isMatch = random() < 0.6;
  const port = randomInt(random, 1024, 65535);
  const user = pick(random, ['admin', 'oracle', 'test', 'ubuntu']);
  const process = String(randomInt(random, 1000, 60_000));
  const micros = `${at(index, 20)}${String(randomInt(random, 0, 999_999)).padStart(6, '0')}`;
  const record = {
    __CURSOR: `s=6e8b3a5e1f0c4d4f9b7d2c1a0e9f8b7c;i=${(4096 + index).toString(16)};b=${'3f'.repeat(16)};m=${hex(random, 9)};t=${hex(random, 13)};x=${hex(random, 16)}`,
    __REALTIME_TIMESTAMP: micros,
    __MONOTONIC_TIMESTAMP: String(randomInt(random, 1_000_000, 2_000_000_000)),
    _BOOT_ID: '3f'.repeat(16),
    _TRANSPORT: 'syslog',
    PRIORITY: '6',
    SYSLOG_FACILITY: '10',
    SYSLOG_IDENTIFIER: 'sshd',
    SYSLOG_PID: process,
    _PID: process,
    _UID: '0',
    _GID: '0',
    _COMM: 'sshd',
    _EXE: '/usr/sbin/sshd',
    _CMDLINE: 'sshd: unknown [priv]',
    _CAP_EFFECTIVE: '1ffffffffff',
    _SYSTEMD_CGROUP: '/system.slice/ssh.service',
    _SYSTEMD_UNIT: 'ssh.service',
    _SYSTEMD_SLICE: 'system.slice',
    _MACHINE_ID: '9a'.repeat(16),
    _HOSTNAME: 'log-3',
    MESSAGE: isMatch
      ? `Failed password for invalid user ${user} from ${outside(random)} port ${port} ssh2`
      : `Invalid user ${user} from ${outside(random)} port ${port}`,
    _SOURCE_REALTIME_TIMESTAMP: micros,
  };
  return { line: JSON.stringify(record), size: port, isMatch };
}

/** As Filebeat's NetFlow input writes them. */
function ecsFlow(random: Random, index: number): Row {
  const isMatch = random() < 0.7;
  const size = randomInt(random, 60, 90_000);
  const packets = randomInt(random, 1, 80);
  const second = at(index, 40);
  const start = isoFraction(second, randomInt(random, 0, 999), 3);
  const end = isoFraction(second + 30, randomInt(random, 0, 999), 3);
  const [client, server] = [outside(random), '10.20.0.13'];
  const [port, serverPort] = [randomInt(random, 1024, 65535), pick(random, [22, 443, 9200])];
  const record = {
    '@timestamp': iso(second + 60),
    destination: { ip: server, locality: 'internal', port: serverPort },
    event: {
      action: 'netflow_flow',
      category: ['network'],
      created: iso(second + 61),
      duration: 30_000_000_000,
      end,
      kind: 'event',
      start,
      type: ['connection'],
    },
    flow: { id: hex(random, 11), locality: 'external' },
    netflow: {
      destination_ipv4_address: server,
      destination_transport_port: serverPort,
      exporter: { address: '192.0.2.1:50000', source_id: 0, timestamp: iso(second + 60), version: 9 },
      flow_end_milliseconds: end,
      flow_start_milliseconds: start,
      octet_delta_count: size,
      packet_delta_count: packets,
      protocol_identifier: isMatch ? 6 : 17,
      source_ipv4_address: client,
      source_transport_port: port,
      tcp_control_bits: 27,
      type: 'netflow_flow',
    },
    network: {
      bytes: size,
      community_id: `1:${hex(random, 27)}=`,
      direction: 'inbound',
      iana_number: isMatch ? '6' : '17',
      packets,
      transport: isMatch ? 'tcp' : 'udp',
    },
    observer: { ip: '192.0.2.1' },
    related: { ip: [client, server] },
    source: { bytes: size, ip: client, locality: 'external', packets, port },
  };
  return { line: JSON.stringify(record), size, isMatch };
}

/** As nginx writes them with a `log_format … escape=json`. */
function accessLogJson(random: Random, index: number): Row {
  const isMatch = random() < 0.8;
  const size = randomInt(random, 100, 60_000);
  const record = {
    time_iso8601: `${iso(at(index, 20)).slice(0, 19)}+00:00`,
    remote_addr: outside(random),
    remote_user: '',
    request: `GET /app/page-${randomInt(random, 1, 400)}?q=${randomInt(random, 1, 9)} HTTP/1.1`,
    status: isMatch ? '200' : '404',
    body_bytes_sent: String(size),
    request_time: `0.${String(randomInt(random, 0, 999)).padStart(3, '0')}`,
    http_referer: '',
    http_user_agent: pick(random, AGENTS),
    http_x_forwarded_for: '',
    host: 'app.example.net',
    request_id: hex(random, 32),
    upstream_addr: '10.20.0.5:8080',
    upstream_response_time: `0.${String(randomInt(random, 0, 999)).padStart(3, '0')}`,
  };
  return { line: JSON.stringify(record), size, isMatch };
}

export const JSON_RECORDS: Record<JsonRecords, MakeRow> = {
  'azure-activity': azureActivity,
  'gcp-audit': gcpAudit,
  entra,
  okta,
  'json-table': jsonTable,
  'windows-json': windowsJson,
  mongodb,
  'postgresql-json': postgresqlJson,
  'journald-json': journaldJson,
  'ecs-flow': ecsFlow,
  'access-log-json': accessLogJson,
};
