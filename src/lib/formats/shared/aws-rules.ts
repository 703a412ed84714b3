import { isObject, numberAt, portOf, textOf, type JsonObject } from './json';

/** One rule of a security group or network ACL: who may reach which ports. */
export interface NetworkRule {
  readonly groupId: string;
  /** A network, or the id of a group or prefix list where the rule names one. */
  readonly cidr: string;
  readonly portFrom: number;
  /** Inclusive. */
  readonly portTo: number;
  /** 255: every protocol. */
  readonly protocol: number;
  readonly isEgress: boolean | undefined;
  readonly ruleId: string;
}

interface Inherited {
  groupId: string;
  protocol: string;
  from: number;
  to: number;
  isEgress: boolean | undefined;
  ruleId: string;
}

const PROTOCOLS: Readonly<Record<string, number>> = {
  tcp: 6,
  udp: 17,
  icmp: 1,
  icmpv6: 58,
  '-1': 255,
  all: 255,
};

/** Keys whose text is the remote side of a rule, in lower case. */
const CIDR_KEYS = new Set([
  'cidrip',
  'cidripv4',
  'cidripv6',
  'cidrblock',
  'ipv6cidrblock',
  'prefixlistid',
  'referencedgroupid',
]);

/** Calls nest a rule at most this deep (request, set, items, ranges, items), with room to spare. */
const MAX_DEPTH = 10;
const MAX_RULES = 1000;

/**
 * Every rule in a request or response of EC2, in any of the shapes that the trail has had: `ipPermissions.items[].ipRanges.items[]`, flat `cidrIp`,
 * `securityGroupRuleSet.items[]`, `ModifySecurityGroupRulesRequest.SecurityGroupRule`. Ports and protocol are those of the nearest enclosing object.
 */
export function networkRules(value: unknown): NetworkRule[] {
  const rules: NetworkRule[] = [];
  collect(
    value,
    '',
    { groupId: '', protocol: '', from: Number.NaN, to: Number.NaN, isEgress: undefined, ruleId: '' },
    0,
    rules,
  );
  return rules;
}

function collect(value: unknown, key: string, outer: Inherited, depth: number, rules: NetworkRule[]): void {
  if (depth > MAX_DEPTH || rules.length >= MAX_RULES) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, key, outer, depth + 1, rules);
    return;
  }
  if (!isObject(value)) return;
  const inner = inherit(value, key, outer);
  for (const [name, child] of Object.entries(value)) {
    const lower = name.toLowerCase();
    if (CIDR_KEYS.has(lower) && textOf(child) !== '') rules.push(ruleOf(textOf(child), inner));
    // A source group stands under `groups`; everywhere else a group id names the group that is changed.
    else if (lower === 'groupid' && isSourceGroups(key)) rules.push(ruleOf(textOf(child), inner));
    else if (typeof child === 'object')
      collect(child, lower === 'items' || lower === 'item' ? key : lower, inner, depth + 1, rules);
  }
}

function isSourceGroups(key: string): boolean {
  return key === 'groups' || key === 'useridgrouppairs';
}

function inherit(object: JsonObject, key: string, outer: Inherited): Inherited {
  const inner = { ...outer };
  for (const [name, child] of Object.entries(object)) {
    switch (name.toLowerCase()) {
      case 'groupid':
        if (!isSourceGroups(key) && textOf(child) !== '') inner.groupId = textOf(child);
        break;
      case 'ipprotocol':
      case 'aclprotocol':
      case 'protocol':
        if (textOf(child) !== '') inner.protocol = textOf(child);
        break;
      case 'fromport':
      case 'from':
        inner.from = numberAt(object, name);
        break;
      case 'toport':
      case 'to':
        inner.to = numberAt(object, name);
        break;
      case 'portrange':
        if (isObject(child)) {
          inner.from = numberAt(child, 'from');
          inner.to = numberAt(child, 'to');
        }
        break;
      case 'isegress':
      case 'egress':
        inner.isEgress = child === true || child === 'true';
        break;
      case 'securitygroupruleid':
        inner.ruleId = textOf(child);
        break;
    }
  }
  return inner;
}

function ruleOf(cidr: string, inner: Inherited): NetworkRule {
  const named = PROTOCOLS[inner.protocol.toLowerCase()];
  const number = Number(inner.protocol);
  const protocol =
    named ??
    (inner.protocol !== '' && Number.isInteger(number) && number >= 0 && number < 256 ? number : 255);
  // Ports mean something for TCP and UDP alone: for ICMP they are type and code, and "every protocol" writes −1, 0 or nothing.
  const hasPorts = (protocol === 6 || protocol === 17) && inner.from >= 0 && inner.to >= 0;
  return {
    groupId: inner.groupId,
    cidr,
    portFrom: hasPorts ? portOf(inner.from) : 0,
    portTo: hasPorts ? portOf(inner.to) : 65535,
    protocol,
    isEgress: inner.isEgress,
    ruleId: inner.ruleId,
  };
}
