import { CHANGE_KIND, LOGIN_METHOD, QUERY_VERB } from '../../tables/schemas';

/** QUERY_VERB of a database command ("Database Commands", mongodb.com/docs). */
export function verbOfCommand(command: string): number {
  if (
    /^(?:find|aggregate|count|distinct|getMore|mapReduce|geoNear|explain|query|getmore|dbHash|collStats|parallelCollectionScan)$/.test(
      command,
    )
  )
    return QUERY_VERB.read;
  if (
    /^(?:list\w+|dbStats|hello|isMaster|ismaster|ping|serverStatus|buildInfo|getParameter|getLog|currentOp|top|connectionStatus|usersInfo|rolesInfo|hostInfo|whatsmyuri)$/.test(
      command,
    )
  )
    return QUERY_VERB.list;
  if (
    /^(?:insert|update|findAndModify|findandmodify|bulkWrite|renameCollection|cloneCollection)$/.test(command)
  )
    return QUERY_VERB.write;
  if (/^(?:delete|remove|drop\w*)$/.test(command)) return QUERY_VERB.delete;
  return command === '' ? QUERY_VERB.unknown : QUERY_VERB.admin;
}

/** Audit actions that change accounts, rights or the log ("System Event Audit Messages", mongodb.com/docs). */
export const AUDIT_CHANGES: Readonly<Record<string, number>> = {
  createUser: CHANGE_KIND.userCreated,
  dropUser: CHANGE_KIND.userDeleted,
  dropAllUsersFromDatabase: CHANGE_KIND.userDeleted,
  updateUser: CHANGE_KIND.credentialChanged,
  grantRolesToUser: CHANGE_KIND.privilegeGranted,
  grantRolesToRole: CHANGE_KIND.privilegeGranted,
  grantPrivilegesToRole: CHANGE_KIND.privilegeGranted,
  createRole: CHANGE_KIND.policyChanged,
  updateRole: CHANGE_KIND.policyChanged,
  dropRole: CHANGE_KIND.privilegeRevoked,
  revokeRolesFromUser: CHANGE_KIND.privilegeRevoked,
  revokeRolesFromRole: CHANGE_KIND.privilegeRevoked,
  revokePrivilegesFromRole: CHANGE_KIND.privilegeRevoked,
  setParameter: CHANGE_KIND.policyChanged,
  auditConfigure: CHANGE_KIND.loggingStopped,
  rotateLog: CHANGE_KIND.other,
  shutdown: CHANGE_KIND.serviceStopped,
};

/** LOGIN_METHOD of an authentication mechanism. */
export function methodOf(mechanism: string): number {
  if (/^(?:SCRAM|MONGODB-CR|PLAIN)/i.test(mechanism)) return LOGIN_METHOD.password;
  if (/X509/i.test(mechanism)) return LOGIN_METHOD.publickey;
  if (/GSSAPI/i.test(mechanism)) return LOGIN_METHOD.gssapi;
  if (/AWS|OIDC/i.test(mechanism)) return LOGIN_METHOD.token;
  return mechanism === '' ? LOGIN_METHOD.unknown : LOGIN_METHOD.other;
}
