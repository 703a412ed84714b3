import { decodeUtf8 } from '../../base/bytes';

/** What one record of auditd says, by its own names. */
export type Fields = Readonly<Record<string, string>>;

/** `key=value` pairs; those inside `msg='…'` stand beside the others, and auditd's enriched names (in capitals) after them. shadow's programs write a phrase behind `op=`. */
export function fieldsOf(text: string): Fields {
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  const pattern =
    /(?:\b(op)=(?! )([^'"=]{1,100}?)(?=\s[A-Za-z_][\w-]*=|['"]|$)|([A-Za-z_][\w-]*)=("[^"]*"|[^\s'"]*))/g;
  const flat = text.replace(/\bmsg='/, ' ').replaceAll('\u001d', ' ');
  let count = 0;
  for (let match = pattern.exec(flat); match && count < 200; match = pattern.exec(flat), count++) {
    const name = match[1] ?? match[3] ?? '';
    const raw = match[2] ?? match[4] ?? '';
    // The first of a name is the kernel's; a later one is the program's own.
    if (!(name in fields) || name === 'res' || name === 'op')
      fields[name] = raw.startsWith('"') ? raw.slice(1, -1) : raw;
  }
  return fields;
}

/** auditd writes a text that holds blanks, quotes or control characters as hexadecimal digits. */
export function unhex(text: string): string {
  if (text.length < 4 || text.length % 2 !== 0 || !/^[0-9A-F]+$/.test(text)) return text;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  const decoded = decodeUtf8(bytes).replaceAll('\0', ' ');
  // A number in digits may look like one; what is text decodes to something that can be read.
  return /[A-Za-z/]/.test(decoded) && !decoded.includes('\ufffd') ? decoded : text;
}

export function known(text: string | undefined): string {
  return text === undefined || text === '?' || text === '(null)' || text === 'UNKNOWN' ? '' : text;
}

/** O_WRONLY or O_RDWR among the flags of open (2) and openat (257) on x86-64, openat (56) on AArch64; other calls do not say. */
export function opensForWriting(call: Fields): boolean {
  const flags = call['syscall'] === '2' || call['syscall'] === 'open' ? call['a1'] : call['a2'];
  const isOpen = /^(?:2|56|257|open|openat)$/.test(call['syscall'] ?? '');
  return isOpen && (Number.parseInt(flags ?? '0', 16) & 3) !== 0;
}

/** The account that the record is about; sshd writes `(unknown)` or `(invalid user)` for one that does not exist. */
export function accountOf(fields: Fields): string {
  const account = known(fields['acct']);
  return account === '' ? '' : unhex(account).replace(/^\((?:unknown|invalid)[^)]*\)$/, '');
}

/** Who acted: the login's name where auditd wrote it, else its number. */
export function whoOf(fields: Fields): string {
  const name = fields['AUID'] ?? fields['UID'] ?? '';
  if (name !== '' && name !== 'unset') return name;
  const auid = fields['auid'] ?? fields['uid'] ?? '';
  return auid === '' || auid === '4294967295' || auid === '-1'
    ? ''
    : /^\d+$/.test(auid)
      ? `uid ${auid}`
      : auid;
}

/** sshd resolves the name only where it is told to, and then writes both. */
export function clientOf(fields: Fields): string {
  return known(fields['addr']) || known(fields['hostname']);
}

export function serviceOf(fields: Fields): string {
  const exe = unhex(fields['exe'] ?? fields['comm'] ?? '');
  const name = exe.slice(exe.lastIndexOf('/') + 1);
  return name.startsWith('sshd') ? 'sshd' : name;
}

export function isSuccess(fields: Fields): boolean {
  return /^(?:success|1|yes)$/.test(fields['res'] ?? 'success');
}
