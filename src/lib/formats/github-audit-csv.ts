import { githubAudit, GITHUB_FIELDS } from './github-audit';
import { placesOf, recordTable } from './shared/record-tables';

/** What "Export as CSV" of an organization's or an enterprise's audit log gives: the entries' keys as columns. */
export const githubAuditCsv = recordTable({
  id: 'github-audit-csv',
  label: 'GitHub audit log (CSV)',
  inner: githubAudit,
  needed: [
    ['action', 'actor', 'createdat', 'org'],
    ['action', 'actor', 'timestamp', 'org'],
    ['action', 'actor', 'createdat', 'business'],
    ['action', 'actor', 'timestamp', 'business'],
  ],
  // Any application may name its columns so.
  holds:
    /(?:^|[,"\t;])(?:git|repo|org|team|user|business|hook|integration|oauth_\w+|personal_access_token|public_key|protected_branch|pull_request|workflows|members_can_\w+|api)\.[a-z_]+(?=[,"\t;\r\n]|$)/m,
  places: placesOf(...GITHUB_FIELDS),
  times: ['@timestamp', 'created_at'],
});
