import { listUnder } from '../../base/lists';
import { parseAddress } from '../../base/addresses';
import type { TableName } from '../../tables/schemas';
import type { CsvMapping } from '../format';
import { loginOutcomeOf, queryOutcomeOf, verdictOf } from './enumerations';
import * as languages from './languages';
import { parsedTime, parseEpochBytes } from './time';
import { isDayFirst, parseTimeText } from './time-text';

/**
 * Header names that exports use for our columns, letters and digits only, best first. From the field lists of Splunk's common information
 * model, Microsoft Sentinel's and Defender's tables, Elastic's common schema, NetFlow collectors and firewalls.
 */
type Aliases = Readonly<Record<string, readonly string[]>>;

const words = (text: string): readonly string[] => text.split(' ');

const TIME = words(
  'time timestamp timegenerated eventtime datetime timecreated creationtime createddatetime timecreatedutc date ts receivetime logtime ' +
    'generatedtime recordtime starttime start stime firstseen clocktime when createdat activitydatetime utctime localtime occurred',
);
const USER = words(
  'user username targetusername targetuser account accountname userprincipalname suser duser userid loginname login useremail email ' +
    'identity actor useridentityarn srcuser dstuser accountupn samaccountname logonname principal principalname dbuser csusername subjectusername',
);
const CLIENT = words(
  'ipaddress clientip sourceip srcip src callingip remoteip remoteaddr remoteaddress sourceaddress srcaddr sourcenetworkaddress calleripaddress ' +
    'ip clientipaddress cip rhost ipaddr clientaddress peeraddress sourceipaddress useripaddress actoripaddress xforwardedfor',
);
const HOST = words(
  'computer computername host hostname dvc dvchostname devicename server servername machine machinename workstation dest destinationhost ' +
    'agentname agenthostname targethost asset dsthost logsource shost sserver scomputername',
);

const ALIASES: Readonly<Record<Exclude<TableName, 'changes'>, Aliases>> = {
  flows: {
    startUs: words(
      'starttime flowstarttime start startdate firstseen flowstart flowstartmilliseconds flowstartseconds stime first ts firstswitched eventstart begin ' +
        'sessionstarttime connectionstart firstpackettime',
    ).concat(TIME),
    endUs: words(
      'endtime flowendtime end enddate lastseen flowend flowendmilliseconds flowendseconds ltime te lastswitched eventend sessionendtime lastpackettime',
    ),
    srcAddr: words(
      'srcip sourceip src srcaddr saddr sourceaddress sourceipaddress sa srcipaddr ipv4srcaddr sourceipv4address idorigh origh initiatorip clientip sip ' +
        'srchost ipsrc source sourceaddr originip fromip ipsource attackerip id.orig_h',
    ),
    dstAddr: words(
      'dstip destip destinationip dst dest dstaddr daddr destaddr destinationaddress destinationipaddress da dstipaddr ipv4dstaddr destinationipv4address ' +
        'idresph resph responderip serverip dip dsthost ipdst destination destinationaddr toip ipdestination targetip',
    ),
    srcPort: words(
      'srcport sourceport sport sp spt l4srcport sourcetransportport idorigp origp initiatorport srcpt clientport portsrc fromport',
    ),
    dstPort: words(
      'dstport destport destinationport dport dp dpt l4dstport destinationtransportport idrespp respp responderport serverport portdst toport port servicport',
    ),
    protocol: words(
      'protocol proto l4protocol ipprotocol transport networktransport networkiananumber prot pr ipproto protocolidentifier transportprotocol protocolname',
    ),
    srcBytes: words(
      'srcbytes sbytes sourcebytes bytesout sentbytes bytessent sentbyte origbytes bytestoserver origipbytes outboundbytes ibyt inbytes octetdeltacount ' +
        'bytes totbytes totalbytes octets byt bytecount networkbytes dbytesout',
    ),
    dstBytes: words(
      'dstbytes dbytes destinationbytes destbytes bytesin receivedbytes bytesreceived rcvdbyte respbytes bytestoclient respipbytes inboundbytes obyt outbytes reverseoctetdeltacount',
    ),
    srcPackets: words(
      'srcpackets srcpkts spkts sourcepackets packetsout sentpackets packetssent sentpkt origpkts pktstoserver ipkt inpkts packetdeltacount packets pkts ' +
        'totpkts totalpackets pkt packetcount networkpackets outboundpackets',
    ),
    dstPackets: words(
      'dstpackets dstpkts dpkts destinationpackets packetsin receivedpackets packetsreceived rcvdpkt resppkts pktstoclient opkt outpkts inboundpackets reversepacketdeltacount',
    ),
    verdict: words(
      'action verdict disposition decision flowstatus flowdecision deviceaction simplifieddeviceaction firewallaction policyaction act eventaction actiontype ruleaction result',
    ),
    tcpFlags: words('tcpflags tcpcontrolbits flags flg tcpflag flgs'),
    sensor: words(
      'interfaceid sensor exporter probe devicename observername deviceexternalid firewallname gateway vmname dvc devicehostname interface host hostname computer',
    ),
    localAddr: words('localip localaddress localaddr vmipaddress'),
    remoteAddr: words('remoteip remoteaddress remoteaddr allextips publicips'),
    localPort: words('localport'),
    remotePort: words('remoteport'),
    direction: words('flowdirection direction networkdirection dir connectiondirection'),
    durationSeconds: words('duration dur durationseconds td flowduration elapsedtimesec elapsedtime elapsed'),
  },
  logins: {
    timeUs: TIME,
    user: USER,
    became: words('effectiveuser usereffectivename runasuser runas switchuser'),
    actorAddr: CLIENT,
    actorPort: words('ipport sourceport srcport clientport remoteport spt port'),
    actorName: words(
      'workstationname workstation sourceworkstation clientname remotehost sourcehost srchost clienthostname rhostname shost',
    ),
    host: HOST,
    service: words(
      'service app application appdisplayname program processname process sourcetype logonprocessname dstservice servicename resourcedisplayname',
    ),
    method: words(
      'method authmethod authenticationmethod authenticationpackagename authtype authenticationprotocol logonprotocol authenticationpackage authentication',
    ),
    outcome: words(
      'outcome result eventoutcome status loginresult logonresult resulttype authresult action success eventid eventtype statuscode eventresult activity event ' +
        'resultstatus operationresult signinstatus loginstatus',
    ),
    process: words('targetlogonid logonid sessionid pid processid'),
    key: words('keyfingerprint fingerprint accesskeyid keyid'),
  },
  queries: {
    timeUs: TIME,
    actorAddr: CLIENT,
    actorPort: words('clientport sourceport srcport remoteport cport'),
    principal: USER,
    service: words('service servicename app application sourcetype engine database dbname index product'),
    host: words('virtualhost vhost httphost cshost domain site').concat(HOST),
    servicePort: words('serverport sport destport destinationport dstport port'),
    verb: words(
      'method httpmethod csmethod requestmethod verb operation command commandtype operationname querytype httprequestmethod action eventname',
    ),
    object: words(
      'uri url requesturi request uripath path csuristem urlpath urloriginal object resource statement query sql sqltext querytext key objectname table bucket requesturl httpurl filename',
    ),
    status: words(
      'statuscode httpstatus httpstatuscode scstatus responsecode httpresponsestatuscode sc status response',
    ),
    outcome: words('outcome result eventoutcome resulttype success error'),
    rowsReturned: words('rowsreturned rowcount rows rowssent recordsreturned numrows rowsaffected'),
    bytesReturned: words(
      'bytesreturned bytessent scbytes responsesize responsebytes bodybytessent httpresponsebodybytes bytesout bytes size',
    ),
    durationUs: words('durationus durationmicros'),
    agent: words('useragent csuseragent httpuseragent agent useragentoriginal clientprogram applicationname'),
  },
};

/** A cell that holds a date and no time of day, and one that holds the time of day alone. */
export const DATE_ONLY = /^(?:\d{1,4}([./-])\d{1,2}\1\d{1,4}|(?:19|20)\d{6})$/;
export const CLOCK_ONLY = /^\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s*[AP]M)?$/i;

/** Between the names of two columns whose cells are read as one, with a blank between: a date and its clock. */
export const COLUMN_JOIN = ' + ';

/** Columns that are not the table's own: the parser turns them into ones that are. */
export const HELPER_COLUMNS = new Set([
  'localAddr',
  'remoteAddr',
  'localPort',
  'remotePort',
  'direction',
  'durationSeconds',
]);

function normalize(header: string): string {
  // Kibana: `source.ip`; Splunk: `_time`; Log Analytics: `SrcIP_s`, `TimeGenerated [UTC]`.
  return languages.foldWord(
    header
      .toLowerCase()
      .replace(/\s*[[(](?:utc|gmt)[\])]$/, '')
      .replace(/_(?:s|d|b|g|t)$/, ''),
  );
}

const NUMERIC_COLUMN = /Port$|Bytes$|Packets$|^(?:rowsReturned|bytesReturned|status|durationUs)$/;

interface Guess {
  readonly mapping: CsvMapping;
  /** Whether rows of use come of it without a person's help: a time, and an address or a user. */
  readonly isEnough: boolean;
}

/** What the columns mean, from their names, checked against their first values. */
export function guessMapping(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  delimiter: string,
): Guess {
  const candidates = (Object.keys(ALIASES) as Exclude<TableName, 'changes'>[]).map((table) => {
    const found = findColumns(ALIASES[table], columns, rows);
    const split = splitTime(columns, rows);
    if (split !== undefined) found[table === 'flows' ? 'startUs' : 'timeUs'] = split;
    return { table, found, weight: weigh(table, found) };
  });
  candidates.sort((a, b) => b.weight - a.weight);
  const named = candidates[0] as (typeof candidates)[number];
  const best = named.weight >= 1 ? named : { ...named, ...proposed(named, columns, rows) };
  const timeColumn = best.found[best.table === 'flows' ? 'startUs' : 'timeUs'];
  return {
    mapping: {
      table: best.table,
      delimiter,
      columns: best.found,
      time: timeColumn ? unitOf(columns, rows, timeColumn) : 'auto',
    },
    isEnough: best.weight >= 1,
  };
}

/** Only for a person to look over: of columns whose names say too little, what their values can be. */
function proposed(
  { table, found }: { readonly table: TableName; readonly found: Readonly<Record<string, string>> },
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): { readonly table: TableName; readonly found: Record<string, string> } {
  const cells = columns.map((_, i) => rows.map((row) => (row[i] ?? '').trim()).filter((cell) => cell !== ''));
  const of = (isOf: (values: readonly string[]) => boolean): string[] =>
    columns.filter((_, i) => isOf(cells[i] ?? []) && (cells[i] ?? []).length > 0);
  const addresses = of((values) => fits('srcAddr', values));
  const kind = Object.keys(found).length > 0 ? table : addresses.length > 1 ? 'flows' : 'logins';
  const all: Record<string, string> = { ...found };
  const propose = (field: string, candidates: readonly string[]): void => {
    const free = candidates.find((column) => !Object.values(all).includes(column));
    if (all[field] === undefined && free !== undefined) all[field] = free;
  };
  // A number of a few digits could be anything.
  const times = of((values) => fits('timeUs', values) && values.every((value) => !/^\d{1,8}$/.test(value)));
  const dates = of((values) => values.every((value) => DATE_ONLY.test(value)));
  const clocks = of((values) => values.every((value) => CLOCK_ONLY.test(value)));
  const pairs = dates.flatMap((date) => clocks.map((clock) => `${date}${COLUMN_JOIN}${clock}`));
  propose(kind === 'flows' ? 'startUs' : 'timeUs', [...times, ...pairs]);
  propose(kind === 'flows' ? 'srcAddr' : 'actorAddr', addresses);
  if (kind === 'flows') propose('dstAddr', addresses);
  return { table: kind, found: all };
}

function findColumns(
  aliases: Aliases,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): Record<string, string> {
  const named = new Map<string, number[]>();
  columns.forEach((column, i) => {
    const name = normalize(column);
    listUnder(named, name, i);
  });
  const values = columns.map((_, i) =>
    rows.map((row) => (row[i] ?? '').trim()).filter((value) => value !== '' && value !== '-'),
  );
  const taken = new Set<number>();
  const found: Record<string, string> = {};
  for (const [column, words] of Object.entries(aliases)) {
    // A column that is empty so far may hold anything later, but one with values that fit goes before it.
    const names = [...words, ...(languages.COLUMN_NAMES[column] ?? [])];
    const places = names.flatMap((word) => (named.get(word) ?? []).filter((i) => !taken.has(i)));
    const filled = places.find((i) => (values[i] ?? []).length > 0 && fits(column, values[i] ?? []));
    const index = filled ?? places.find((i) => (values[i] ?? []).length === 0 && !column.endsWith('Us'));
    if (index === undefined) continue;
    found[column] = columns[index] as string;
    taken.add(index);
  }
  return found;
}

/** Whether a column's first values can be what its name says. */
function fits(column: string, values: readonly string[]): boolean {
  const share = (test: (value: string) => boolean): number => values.filter(test).length / values.length;
  if (column === 'startUs' || column === 'endUs' || column === 'timeUs') {
    return share((value) => parseTimeText(value)) >= 0.6;
  }
  if (column.endsWith('Addr')) return share((value) => firstAddress(value) !== null) >= 0.3;
  if (column === 'outcome') return share((value) => loginOutcomeOf(value) + queryOutcomeOf(value) > 0) >= 0.5;
  if (column === 'verdict') return share((value) => verdictOf(value) > 0) >= 0.5;
  if (NUMERIC_COLUMN.test(column)) {
    return share((value) => Number.isFinite(Number(value.replaceAll(',', '')))) >= 0.8;
  }
  return true;
}

const DATE_NAMES = new Set(['date', 'day', 'logdate', 'eventdate', 'startdate', ...languages.DATE_NAMES]);
const CLOCK_NAMES = new Set([
  ...['time', 'timeofday', 'logtime', 'eventtime', 'starttime', 'clocktime'],
  ...languages.CLOCK_NAMES,
]);

/** `Date + Time` where one column holds the date and another the clock; undefined where no such pair is. */
function splitTime(columns: readonly string[], rows: readonly (readonly string[])[]): string | undefined {
  const names = columns.map(normalize);
  const date = names.findIndex((name) => DATE_NAMES.has(name));
  const clock = names.findIndex((name) => CLOCK_NAMES.has(name));
  if (date === -1 || clock === -1 || rows.length === 0) return undefined;
  const isPair = rows.every((row) => {
    const time = (row[clock] ?? '').trim();
    return /^\d{1,2}:\d\d/.test(time) && parseTimeText(`${(row[date] ?? '').trim()} ${time}`);
  });
  return isPair ? `${columns[date]}${COLUMN_JOIN}${columns[clock]}` : undefined;
}

/** The first address in a cell: alone, with a port behind it, or the first of a list as exports print lists. */
export function firstAddress(text: string): string | null {
  const bare = text.trim().replace(/^[[('"\s]+/, '');
  const first = /^[^\s,;'"\])]+/.exec(bare)?.[0] ?? '';
  if (parseAddress(first)) return first;
  const withPort =
    /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(first)?.[1] ??
    /^\[?([0-9a-f:.]+)\]:\d{1,5}$/i.exec(first)?.[1];
  return withPort !== undefined && parseAddress(withPort) ? withPort : null;
}

function weigh(table: TableName, found: Readonly<Record<string, string>>): number {
  const has = (...names: string[]): number => names.filter((name) => found[name] !== undefined).length;
  if (table === 'flows') {
    if (!has('startUs')) return 0;
    const ends = has('srcAddr', 'dstAddr') === 2 || has('localAddr', 'remoteAddr') === 2;
    return ends
      ? 1.5 + 0.3 * has('srcPort', 'dstPort', 'protocol', 'srcBytes', 'srcPackets', 'verdict', 'remotePort')
      : 0.1;
  }
  if (!has('timeUs')) return 0;
  if (table === 'queries') {
    const asked = has('object') + 0.5 * has('verb', 'status');
    return has('actorAddr', 'principal') > 0 && has('object') === 1 ? 1 + asked : 0.2 * asked;
  }
  // An address without a user or an outcome could be anything: that needs a person.
  if (!has('user') && !(has('actorAddr') && has('outcome'))) return 0;
  const who = has('user') + 0.5 * has('actorAddr');
  return 0.5 + who * (has('outcome') ? 1 : 0.4) + 0.2 * has('host', 'method', 'process');
}

/** Epochs: the unit by the digits of the first value; anything else is `auto`. */
function unitOf(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  column: string,
): NonNullable<CsvMapping['time']> {
  const index = columns.indexOf(column);
  const sample = rows.map((row) => (row[index] ?? '').trim()).find((value) => value !== '');
  if (sample === undefined || !/^\d+(?:\.\d+)?$/.test(sample)) return 'auto';
  const digits = sample.split('.')[0]?.length ?? 0;
  return digits <= 11 ? 's' : digits <= 14 ? 'ms' : digits <= 17 ? 'us' : 'ns';
}

/** Whether `7/8/2019` in this column begins with the day, as far as the rows can tell. */
export function dayFirstOf(rows: readonly (readonly string[])[], index: number): boolean | undefined {
  return isDayFirst(rows.map((row) => row[index] ?? ''));
}

/** A cell that can only be data: a number, an address, a time. A row with one is no header. */
export function isDataCell(cell: string): boolean {
  const text = cell.trim();
  if (text === '') return false;
  if (parseAddress(text) !== null) return true;
  const bytes = Uint8Array.from(text.slice(0, 24), (letter) => letter.charCodeAt(0) & 0xff);
  if (parseEpochBytes(bytes, 0, bytes.length) && Number.isFinite(parsedTime.us)) return true;
  return parseTimeText(text);
}
