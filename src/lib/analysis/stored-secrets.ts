/** Requests that hand out a stored secret, by the service that logs them. The group is the secret's name. */
const REQUESTS: ReadonlyMap<string, RegExp> = new Map([
  // AWS Secrets Manager and Systems Manager API references; parameters that begin with /aws/ are Amazon's own and public.
  ['secretsmanager', /^(?:Batch)?GetSecretValue (.+)$/],
  ['ssm', /^GetParameter(?:s|sByPath|History)? (.+)$/],
  // "Azure Key Vault logging" (Azure documentation).
  ['azure-key-vault', /^(?:Secret(?:Get|Backup)|CertificateBackup|KeyBackup) (.+)$/],
  // "Secret Manager audit logging" (Google Cloud documentation).
  ['secretmanager', /AccessSecretVersion (.+)$/],
  // What is mounted elsewhere is Vault's own business; `metadata` of a versioned store holds no values ("KV secrets engine", HashiCorp Developer).
  ['vault', /^((?!(?:sys|auth|identity|cubbyhole)\/|[^/]+\/metadata\/).+)$/],
  // A list holds the secrets whole ("Secrets", kubernetes.io).
  ['kubernetes', /^(?:get|list|watch) (secrets(?:\/.*)?)$/],
]);

/** The names of the secrets that a request asked a secret store for. `service` and `object` as query rows have them. */
export function storedSecrets(service: string, object: string): string[] {
  const asked = REQUESTS.get(service)?.exec(object)?.[1];
  if (asked === undefined) return [];
  // Names in AWS have no blanks, and several can be asked for at once.
  const names = service === 'ssm' || service === 'secretsmanager' ? asked.split(/\s+/) : [asked];
  return names.map(parameterName).filter((name) => !name.startsWith('/aws/'));
}

/** A parameter by its name, which its ARN holds without the slash that it begins with ("Working with parameter hierarchies", AWS documentation). */
function parameterName(name: string): string {
  const told = /^arn:[\w-]+:ssm:[\w-]*:\d*:parameter\/(.+)$/.exec(name)?.[1];
  return told === undefined ? name : told.includes('/') ? `/${told}` : told;
}
