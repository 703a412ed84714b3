import { F, type ZeekField } from './zeek-fields';

const KNOWN_LOGS = 'conn ssh rdp ntlm kerberos http mysql postgresql redis smb_files ftp'.split(' ');

/** Fields by which a log without a known path is told; the first that fits counts. */
const TELLING: readonly (readonly [string, readonly (readonly ZeekField[])[]])[] = [
  [
    'conn',
    [
      [F.conn_state, F['id.orig_h']],
      [F.history, F.proto, F['id.orig_h']],
      [F.orig_ip_bytes, F.proto],
    ],
  ],
  ['ssh', [[F.auth_success], [F.kex_alg], [F.host_key_alg], [F.auth_attempts]]],
  ['redis', [[F['cmd.name']]]],
  [
    'mysql',
    [
      [F.cmd, F.arg],
      [F.cmd, F.success],
    ],
  ],
  ['http', [[F.trans_depth], [F.method, F.uri, F['id.orig_h']]]],
  ['rdp', [[F.security_protocol], [F.cookie, F.result]]],
  ['kerberos', [[F.request_type, F.client]]],
  ['ntlm', [[F.server_tree_name], [F.server_nb_computer_name], [F.username, F.domainname, F['id.orig_h']]]],
  [
    'postgresql',
    [
      [F.frontend, F['id.orig_h']],
      [F.backend, F['id.orig_h']],
    ],
  ],
  ['ftp', [[F.command, F.reply_code]]],
  ['smb_files', [[F.action, F.name, F.size, F['id.orig_h']]]],
];

/**
 * Which of the logs we read this is: by its path where it has one (`conn`, `conn-first`, `ssh_filtered`), else by its fields. Undefined
 * for the others.
 */
export function zeekLogKind(path: string, has: (field: ZeekField) => boolean): string | undefined {
  const base = path.toLowerCase();
  const byPath = KNOWN_LOGS.find(
    (known) => base === known || (base.startsWith(known) && /^[-_.]/.test(base.slice(known.length))),
  );
  if (byPath !== undefined) return byPath;
  if (path !== '' && !base.startsWith('conn')) return undefined;
  return TELLING.find(([, sets]) => sets.some((set) => set.every(has)))?.[0];
}
