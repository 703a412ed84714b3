import type { Asset, Conversation, World } from '../world';
import { exportAuditd } from './auditd';
import type { LogLine } from './lines';
import { exportSshd } from './sshd';
import { exportWindows } from './windows';

/** A host's login log as it was written, before anybody took lines out of it. */
export interface LoginFile {
  readonly name: string;
  readonly lines: readonly LogLine[];
  /** What stands before and after the events, in formats that have such. */
  readonly head?: string;
  readonly foot?: string;
}

/** Null: this host's login log was not handed over. */
export function exportLogins(
  world: World,
  asset: Asset,
  conversations: readonly Conversation[],
): LoginFile | null {
  switch (asset.logs.auth) {
    case undefined:
      return null;
    case 'rfc3164':
    case 'iso':
    case 'journald':
      return { name: `${asset.name}-auth.log`, lines: exportSshd(world, asset, conversations) };
    case 'auditd':
    case 'auditd with ports':
      return exportAuditd(world, asset, conversations, asset.logs.auth === 'auditd with ports');
    case 'windows-json':
    case 'windows-xml':
    case 'windows-csv':
      return exportWindows(world, asset, conversations, asset.logs.auth);
  }
}

/** Whether each record has a number, so that one taken out leaves a gap. */
export function isNumbered(asset: Asset): boolean {
  return /^(?:windows|auditd)/.test(asset.logs.auth ?? '');
}
