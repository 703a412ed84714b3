import { CHANGE_KIND } from '../../tables/schemas';

function kinds(kind: number, names: string): [string, number][] {
  return names
    .trim()
    .split(/\s+/)
    .map((name) => [name, kind]);
}

/**
 * What an AWS API call changes, by its event name without a version suffix (`CreateFunction20150331`). Names from the services' API
 * references. Rules of security groups are read apart: their kind depends on the direction. What is not named here is `other`.
 */
const KINDS = new Map<string, number>([
  ...kinds(
    CHANGE_KIND.loggingStopped,
    `StopLogging DeleteTrail DeleteFlowLogs StopConfigurationRecorder DeleteConfigurationRecorder DeleteDeliveryChannel DeleteDetector
     DisableSecurityHub DeleteEventDataStore StopEventDataStoreIngestion DisableAlarmActions DeleteAlarms DeleteSubscriptionFilter
     DisassociateFromMasterAccount DisassociateFromAdministratorAccount StopMonitoringMembers DeleteMembers DisableMacie DeleteQueryLoggingConfig
     DeleteResolverQueryLogConfig UnmonitorInstances`,
  ),
  ...kinds(
    CHANGE_KIND.loggingStarted,
    `StartLogging CreateTrail CreateFlowLogs StartConfigurationRecorder PutConfigurationRecorder CreateDetector EnableSecurityHub
     CreateEventDataStore StartEventDataStoreIngestion MonitorInstances`,
  ),
  ...kinds(CHANGE_KIND.logDeleted, 'DeleteLogGroup DeleteLogStream PutRetentionPolicy'),
  ...kinds(
    CHANGE_KIND.keyCreated,
    `CreateAccessKey CreateKeyPair ImportKeyPair UploadSSHPublicKey CreateServiceSpecificCredential UploadSigningCertificate SendSSHPublicKey
     SendSerialConsoleSSHPublicKey CreateApiKey`,
  ),
  ...kinds(
    CHANGE_KIND.keyDeleted,
    `DeleteAccessKey DeleteKeyPair DeleteSSHPublicKey DeleteServiceSpecificCredential DeleteSigningCertificate DeleteApiKey ScheduleKeyDeletion DisableKey`,
  ),
  ...kinds(CHANGE_KIND.userCreated, 'CreateUser'),
  ...kinds(CHANGE_KIND.userDeleted, 'DeleteUser'),
  ...kinds(
    CHANGE_KIND.privilegeGranted,
    `AttachUserPolicy AttachRolePolicy AttachGroupPolicy PutUserPolicy PutRolePolicy PutGroupPolicy AddUserToGroup UpdateAssumeRolePolicy
     CreatePolicyVersion SetDefaultPolicyVersion AddRoleToInstanceProfile CreateRole AddPermission AddLayerVersionPermission CreateGrant
     AssociateIamInstanceProfile ReplaceIamInstanceProfileAssociation CreateTrustAnchor CreateProfile CreateSAMLProvider UpdateSAMLProvider
     CreateOpenIDConnectProvider DeleteUserPermissionsBoundary DeleteRolePermissionsBoundary`,
  ),
  ...kinds(
    CHANGE_KIND.privilegeRevoked,
    `DetachUserPolicy DetachRolePolicy DetachGroupPolicy DeleteUserPolicy DeleteRolePolicy DeleteGroupPolicy RemoveUserFromGroup
     RemoveRoleFromInstanceProfile RemovePermission DeleteRole RevokeGrant RetireGrant DisassociateIamInstanceProfile DeletePolicy DeletePolicyVersion`,
  ),
  ...kinds(
    CHANGE_KIND.credentialChanged,
    `ChangePassword CreateLoginProfile UpdateLoginProfile DeleteLoginProfile UpdateAccessKey UpdateSSHPublicKey EnableMFADevice DeactivateMFADevice
     CreateVirtualMFADevice DeleteVirtualMFADevice ResyncMFADevice PutSecretValue UpdateSecret RotateSecret ResetServiceSpecificCredential
     UpdateAccountPasswordPolicy DeleteAccountPasswordPolicy ModifyDBInstancePassword`,
  ),
  ...kinds(
    CHANGE_KIND.policyChanged,
    `PutBucketPolicy DeleteBucketPolicy PutBucketAcl PutObjectAcl PutBucketPublicAccessBlock DeleteBucketPublicAccessBlock PutPublicAccessBlock
     DeletePublicAccessBlock PutAccountPublicAccessBlock PutBucketLifecycle PutBucketLogging PutBucketVersioning PutBucketReplication
     ModifySnapshotAttribute ModifyImageAttribute ModifyDBSnapshotAttribute ModifyDBClusterSnapshotAttribute SharedSnapshotVolumeCreated
     CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress UpdateSecurityGroupRuleDescriptionsIngress
     CreateNetworkAcl DeleteNetworkAcl CreateNetworkAclEntry ReplaceNetworkAclEntry DeleteNetworkAclEntry ReplaceNetworkAclAssociation
     CreatePolicy PutResourcePolicy DeleteResourcePolicy PutKeyPolicy UpdateTrail PutEventSelectors PutInsightSelectors UpdateDetector
     CreateIPSet UpdateIPSet CreateFilter LeaveOrganization DeleteOrganization CreateGroup DeleteGroup UpdateGroup CreateInternetGateway
     AttachInternetGateway CreateRoute ReplaceRoute DeleteRoute ModifyDBInstance ModifyDBCluster CreateVpcPeeringConnection AcceptVpcPeeringConnection`,
  ),
  ...kinds(
    CHANGE_KIND.instanceChanged,
    `RunInstances StartInstances StopInstances RebootInstances TerminateInstances ModifyInstanceAttribute ModifyInstanceMetadataOptions
     CreateImage RegisterImage CreateSnapshot CreateSnapshots CopySnapshot CreateVolume AttachVolume DetachVolume DeleteVolume DeleteSnapshot
     CreateNetworkInterface AttachNetworkInterface DetachNetworkInterface DeleteNetworkInterface AssociateAddress DisassociateAddress
     AllocateAddress ReleaseAddress CreateDBInstance DeleteDBInstance CreateDBSnapshot RestoreDBInstanceFromDBSnapshot ReplaceRootVolume`,
  ),
  ...kinds(
    CHANGE_KIND.serviceCreated,
    `CreateFunction UpdateFunctionCode UpdateFunctionConfiguration CreateEventSourceMapping CreateService RegisterTaskDefinition RunTask
     CreateCluster CreateStack PutRule PutTargets CreateSchedule CreateAutoScalingGroup CreateLaunchConfiguration CreateLaunchTemplate CreateAssociation
     CreateDocument CreateStateMachine CreateNotebookInstance CreateDevEndpoint`,
  ),
  ...kinds(
    CHANGE_KIND.serviceStopped,
    'DeleteFunction DeleteService StopTask DeleteCluster DeleteStack DisableRule DeleteRule',
  ),
  ...kinds(
    CHANGE_KIND.commandRun,
    'SendCommand StartSession ResumeSession ExecuteCommand StartAutomationExecution',
  ),
]);

/** CHANGE_KIND of an API call that writes; `other` for those that this product has no word for. */
export function changeKindOfAwsEvent(eventName: string): number {
  return KINDS.get(eventName) ?? KINDS.get(eventName.replace(/\d{8}(?:v\d+)?$/, '')) ?? CHANGE_KIND.other;
}
