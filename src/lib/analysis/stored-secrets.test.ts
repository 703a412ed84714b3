import { describe, expect, it } from 'vitest';
import { storedSecrets } from './stored-secrets';

describe('storedSecrets', () => {
  it.each([
    ['secretsmanager', 'GetSecretValue prod/db', 'prod/db'],
    ['ssm', 'GetParametersByPath /prod', '/prod'],
    // One parameter has one name, whichever way it is told.
    ['ssm', 'GetParameters /prod/a arn:aws:ssm:eu-west-1:111122223333:parameter/prod/b', '/prod/a, /prod/b'],
    ['azure-key-vault', 'SecretGet secrets/db/0f1e', 'secrets/db/0f1e'],
    [
      'secretmanager',
      'google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion projects/p/secrets/db/versions/1',
      'projects/p/secrets/db/versions/1',
    ],
    ['vault', 'secret/data/app/db', 'secret/data/app/db'],
    ['kubernetes', 'get secrets/prod/db', 'secrets/prod/db'],
    ['kubernetes', 'list secrets', 'secrets'],
  ])('of %s, %s asks for %s', (service, object, name) => {
    expect(storedSecrets(service, object).join(', ')).toBe(name);
  });

  it.each([
    ['secretsmanager', 'ListSecrets'],
    ['ssm', 'GetParameter arn:aws:ssm:eu-west-1::parameter/aws/service/ecs/optimized-ami'],
    ['azure-key-vault', 'SecretList secrets'],
    ['vault', 'secret/metadata/app/db'],
    ['vault', 'sys/mounts'],
    ['vault', 'auth/token/lookup-self'],
    ['kubernetes', 'get configmaps/prod/db'],
    ['kubernetes', 'create secrets/prod/db'],
    ['elasticsearch', '/secrets/_search'],
  ])('of %s, %s asks for none', (service, object) => {
    expect(storedSecrets(service, object)).toEqual([]);
  });
});
