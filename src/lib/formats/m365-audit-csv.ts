import { m365Audit } from './m365-audit';
import { placesOf, recordTable } from './shared/record-tables';

/** What an audit search exports: a row a record, which stands whole in the column `AuditData`. */
export const m365AuditCsv = recordTable({
  id: 'm365-audit-csv',
  label: 'Microsoft 365 unified audit log (CSV)',
  inner: m365Audit,
  needed: [
    ['creationdate', 'auditdata'],
    ['creationtime', 'auditdata'],
    ['creationtime', 'operation', 'workload', 'userid'],
  ],
  places: placesOf(
    ...[
      'AuditData',
      'CreationTime',
      'Operation',
      'Workload',
      'UserId',
      'ClientIP',
      'ResultStatus',
      'ObjectId',
    ],
    ...['RecordType', 'UserAgent', 'SourceFileName', 'SiteUrl', 'MailboxOwnerUPN', 'ClientIPAddress'],
  ),
  times: ['CreationTime'],
});
