/** What a person would call a file, and what to load in its place. */
export interface OtherFile {
  readonly kind: string;
  readonly todo: string;
}

const UNPACK = 'Unpack it and load what is inside.';
const MOUNT = 'Mount it and load the logs in it (/var/log, or the event logs of Windows).';
const MEMORY =
  'Load the logs of the machine. What a memory tool lists of its connections can be loaded as a table (CSV).';
const ARTIFACT =
  'It tells what ran or was set on the machine, not who connected: load its event logs or the logs of its services.';
const DATA = 'It holds the data, not who read it:';
const WRITES = 'It holds what was changed, never what was read:';

/** Files that are taken along with logs, by their first bytes at `at` (as text where they are ASCII). */
const OTHER_FILES: readonly (readonly [
  magic: string | readonly number[],
  at: number,
  kind: string,
  todo: string,
])[] = [
  ['Rar!\x1a\x07', 0, 'a RAR archive', UNPACK],
  [[0x4d, 0x53, 0x43, 0x46, 0, 0, 0, 0], 0, 'a Windows cabinet (CAB)', UNPACK],
  ['KDMV', 0, 'a virtual disk (VMDK)', MOUNT],
  ['# Disk DescriptorFile', 0, 'a virtual disk (VMDK)', MOUNT],
  ['vhdxfile', 0, 'a virtual disk (VHDX)', MOUNT],
  ['conectix', 0, 'a virtual disk (VHD)', MOUNT],
  ['QFI\xfb', 0, 'a virtual disk (QCOW2)', MOUNT],
  ['EVF\x09\x0d\x0a\xff\x00', 0, 'a forensic disk image (E01)', MOUNT],
  ['EVF2\x0d\x0a\x81', 0, 'a forensic disk image (Ex01)', MOUNT],
  ['EMiL', 0, 'a memory image (LiME)', MEMORY],
  ['PAGEDU', 0, 'a memory image (Windows crash dump)', MEMORY],
  ['MDMP', 0, 'a memory image of one program (minidump)', MEMORY],
  ['regf', 0, 'a Windows registry hive', ARTIFACT],
  ['MAM\x04', 0, 'a Windows prefetch file', ARTIFACT],
  ['SCCA', 4, 'a Windows prefetch file', ARTIFACT],
  [[0x4c, 0, 0, 0, 1, 0x14, 2, 0], 0, 'a Windows shortcut (LNK)', ARTIFACT],
  [[0xef, 0xcd, 0xab, 0x89], 4, 'an ESE database of Windows (SRUDB.dat, ntds.dit, …)', ARTIFACT],
  [
    'LfLe',
    4,
    'an event log of Windows XP or Server 2003 (EVT)',
    'Convert it to EVTX with wevtutil epl, and load that.',
  ],
  ['bplist00', 0, 'a property list of macOS', ARTIFACT],
  [
    [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
    0,
    'an old Office document, a message of Outlook or a jump list',
    'Save a spreadsheet as CSV and load that.',
  ],
  [
    '!BDN',
    0,
    'an Outlook mailbox (PST, OST)',
    'Load the mailbox audit log: Microsoft 365’s unified audit log, or Exchange’s.',
  ],
  [
    [0x37, 0x7f, 0x06, 0x82],
    0,
    'the write-ahead log of an SQLite database',
    'Export the database’s records as CSV.',
  ],
  [
    [0x37, 0x7f, 0x06, 0x83],
    0,
    'the write-ahead log of an SQLite database',
    'Export the database’s records as CSV.',
  ],
  ['\xfebin', 0, 'a MySQL binary log', `${WRITES} load the general, slow or audit log.`],
  [
    [0x41, 0xd8, 1, 0],
    0,
    'a data file of MongoDB (WiredTiger)',
    `${DATA} load the log or the audit log of mongod.`,
  ],
  [
    'REDIS0',
    0,
    'a snapshot of Redis (RDB), or an append-only file that begins with one',
    `${DATA} load what MONITOR printed, or flow logs of the server.`,
  ],
  [
    'PGDMP',
    0,
    'a dump of PostgreSQL',
    `${DATA} load the server’s log, with pgAudit’s lines where there are any.`,
  ],
  ['TAPE\x00\x00', 0, 'a backup of SQL Server', `${DATA} load the ERRORLOG, or the audit’s records as CSV.`],
  [
    [0x3f, 0xd7, 0x6c, 0x17],
    0,
    'an index file of Elasticsearch or OpenSearch (Lucene)',
    `${DATA} load the audit log, the slow log, or the access log of the proxy before it.`,
  ],
  ['ARROW1\x00\x00', 0, 'an Arrow file', 'Export the records as text (CSV or JSON) and load that.'],
];

/** Where the name of a zip's first entry stands. */
const ENTRY_NAME_AT = 30;
/** Names that the first entries of Office documents have, which are zip archives: Excel's, openpyxl's, LibreOffice's. */
const OFFICE_ENTRY = /^(?:\[Content_Types\]\.xml|_rels\/\.rels|docProps\/|mimetypeapplication\/vnd\.oasis)/;
const SPREADSHEET_SIGNS = /xl\/|opendocument\.spreadsheet/;

/** An Office document, or undefined. Its first bytes may not yet tell that it is a spreadsheet. */
export function officeDocumentOf(bytes: Uint8Array): OtherFile | undefined {
  if (!beginsWith(bytes, 'PK\x03\x04', 0)) return undefined;
  const text = latin1(bytes.subarray(ENTRY_NAME_AT));
  if (!OFFICE_ENTRY.test(text)) return undefined;
  return {
    kind: SPREADSHEET_SIGNS.test(text) ? 'a spreadsheet (XLSX, ODS)' : 'an Office document (Excel, Word, …)',
    todo: 'Open it, save each sheet as CSV (UTF-8) and load those.',
  };
}

/** What the file is that these are the first bytes of, where it is known and holds no log. */
export function otherFileOf(bytes: Uint8Array): OtherFile | undefined {
  const found = OTHER_FILES.find(([magic, at]) => beginsWith(bytes, magic, at));
  if (found) return { kind: found[2], todo: found[3] };
  if (isWal(bytes))
    return {
      kind: 'a write-ahead log of PostgreSQL',
      todo: `${WRITES} load the server’s log, with pgAudit’s lines where there are any.`,
    };
  return officeDocumentOf(bytes);
}

function beginsWith(bytes: Uint8Array, magic: string | readonly number[], at: number): boolean {
  if (bytes.length < at + magic.length) return false;
  for (let i = 0; i < magic.length; i++) {
    const byte = typeof magic === 'string' ? magic.charCodeAt(i) : magic[i];
    if (bytes[at + i] !== byte) return false;
  }
  return true;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

const WAL_HEADER_BYTES = 40;

/**
 * The long header of a segment's first page (PostgreSQL, src/include/access/xlog_internal.h): its magic grows with each version from 0xD0…, so that
 * the sizes that follow are asked, too: of the segment a power of two, of a page 8 KB unless it was built otherwise.
 */
function isWal(bytes: Uint8Array): boolean {
  if (bytes.length < WAL_HEADER_BYTES || (bytes[1] !== 0xd0 && bytes[1] !== 0xd1)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segment = view.getUint32(32, true);
  return segment >= 1 << 20 && (segment & (segment - 1)) === 0 && view.getUint32(36, true) === 8192;
}
