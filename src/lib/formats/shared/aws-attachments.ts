import { isObject, textAt, textOf, type JsonObject } from './json';
import { arrayAt, firstText, objectAt, objectsAt } from './json-fields';

/** A security group that an interface, instance, database or load balancer got. */
export interface GroupAttachment {
  readonly group: string;
  /** Interface id where the event names one (flow logs do too), else the instance, database or load balancer. */
  readonly holder: string;
  /** The rest of what tells which machine it is: instance id and private address. */
  readonly where: string;
}

const MAX_ATTACHMENTS = 1000;

/** Group ids in `{"items":[{"groupId":…}]}`, `["sg-…"]` or `[{"vpcSecurityGroupId":…}]`. */
function groupsIn(value: unknown): string[] {
  const items = isObject(value) ? arrayAt(value, 'items') : Array.isArray(value) ? value : [];
  return items
    .map((item) =>
      isObject(item) ? firstText(item, 'groupId', 'GroupId', 'vpcSecurityGroupId') : textOf(item),
    )
    .filter((id) => id.startsWith('sg-'));
}

function itemsAt(object: JsonObject, key: string): readonly JsonObject[] {
  return objectsAt(objectAt(object, key), 'items');
}

/** The groups that an EC2, RDS or load-balancer event attached, by the shapes of its request and response. Empty for any other event. */
export function groupAttachments(name: string, request: JsonObject, response: JsonObject): GroupAttachment[] {
  const found: GroupAttachment[] = [];
  const add = (groups: readonly string[], holder: string, where: string): void => {
    for (const group of groups) if (found.length < MAX_ATTACHMENTS) found.push({ group, holder, where });
  };
  switch (name) {
    case 'RunInstances':
      for (const instance of itemsAt(response, 'instancesSet')) addInstance(instance, add);
      break;
    case 'ModifyNetworkInterfaceAttribute':
      add(groupsIn(request['groupSet']), textAt(request, 'networkInterfaceId'), '');
      break;
    case 'ModifyInstanceAttribute':
      add(groupsIn(request['groupSet']), textAt(request, 'instanceId'), '');
      break;
    case 'CreateNetworkInterface': {
      const made = objectAt(response, 'networkInterface');
      add(groupsIn(made['groupSet']), textAt(made, 'networkInterfaceId'), textAt(made, 'privateIpAddress'));
      break;
    }
    case 'CreateDBInstance':
    case 'ModifyDBInstance':
      add(groupsIn(request['vpcSecurityGroupIds']), textAt(request, 'dBInstanceIdentifier'), '');
      break;
    case 'ApplySecurityGroupsToLoadBalancer':
    case 'SetSecurityGroups':
      add(groupsIn(request['securityGroups']), firstText(request, 'loadBalancerName', 'loadBalancerArn'), '');
      break;
  }
  return found;
}

function addInstance(
  instance: JsonObject,
  add: (groups: readonly string[], holder: string, where: string) => void,
): void {
  const id = textAt(instance, 'instanceId');
  const interfaces = itemsAt(instance, 'networkInterfaceSet');
  for (const one of interfaces) {
    const where = `${id} ${textAt(one, 'privateIpAddress')}`.trim();
    add(groupsIn(one['groupSet']), textAt(one, 'networkInterfaceId'), where);
  }
  if (interfaces.length === 0) add(groupsIn(instance['groupSet']), id, textAt(instance, 'privateIpAddress'));
}
