import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../../../src/lib/base/time';
import type { World } from '../world';

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface Opening {
  readonly groupId: string;
  readonly principal: string;
  readonly address: string;
  readonly ports: readonly PortRange[];
  readonly openedUs: number;
  readonly closedUs: number;
  readonly coversV6: boolean;
}

function permissions(ports: readonly PortRange[], coversV6: boolean): unknown {
  return {
    items: ports.map((range) => ({
      ipProtocol: 'tcp',
      fromPort: range.from,
      toPort: range.to,
      groups: {},
      ipRanges: { items: [{ cidrIp: '0.0.0.0/0', description: 'temporary, remote debugging' }] },
      ipv6Ranges: coversV6 ? { items: [{ cidrIpv6: '::/0' }] } : {},
      prefixListIds: {},
    })),
  };
}

/** The change that exposed the assets, and the one that ended it; both as the rules and as the trail's records. */
export function openAndClose(world: World, opening: Opening): void {
  for (const range of opening.ports) {
    world.open('0.0.0.0/0', range.from, range.to, opening.openedUs, opening.closedUs);
    if (opening.coversV6) world.open('::/0', range.from, range.to, opening.openedUs, opening.closedUs);
  }
  const request = { groupId: opening.groupId, ipPermissions: permissions(opening.ports, opening.coversV6) };
  for (const [name, atUs] of [
    ['AuthorizeSecurityGroupIngress', opening.openedUs],
    ['RevokeSecurityGroupIngress', opening.closedUs],
  ] as const) {
    if (!Number.isFinite(atUs)) continue;
    world.control({
      atUs,
      principal: opening.principal,
      address: opening.address,
      source: 'ec2.amazonaws.com',
      name,
      isReadOnly: false,
      request,
      response: {
        requestId: `${name === 'AuthorizeSecurityGroupIngress' ? 'a' : 'b'}1d2c3b4-0000-4000-8000-000000000001`,
        _return: true,
      },
    });
  }
}

/** How the group came to cover each interface, days before anybody opened it. */
export function attachGroup(world: World, groupId: string, principal: string, address: string): void {
  const draw = world.draw.fork('attach');
  for (const asset of world.members) {
    world.control({
      atUs: Math.round(
        world.fromUs + draw.int(0, 2) * MICROS_PER_DAY + draw.uniform(9, 17) * MICROS_PER_HOUR,
      ),
      principal,
      address,
      source: 'ec2.amazonaws.com',
      name: 'ModifyNetworkInterfaceAttribute',
      isReadOnly: false,
      request: {
        networkInterfaceId: asset.interfaceId,
        groupSet: { items: [{ groupId }] },
      },
      response: { requestId: `c1d2c3b4-0000-4000-8000-${draw.hex(12)}`, _return: true },
    });
  }
}

const ROUTINE: readonly (readonly [source: string, name: string])[] = [
  ['ec2.amazonaws.com', 'DescribeInstances'],
  ['ec2.amazonaws.com', 'DescribeSecurityGroups'],
  ['ec2.amazonaws.com', 'DescribeNetworkInterfaces'],
  ['ec2.amazonaws.com', 'DescribeVolumes'],
  ['ec2.amazonaws.com', 'DescribeInstanceStatus'],
  ['sts.amazonaws.com', 'GetCallerIdentity'],
  ['cloudtrail.amazonaws.com', 'LookupEvents'],
  ['s3.amazonaws.com', 'ListBuckets'],
  ['iam.amazonaws.com', 'ListUsers'],
];

/** What fills a trail on any day: scripts that describe things, and people who sign in. */
export function routineControl(
  world: World,
  options: {
    perDay: number;
    scripts: readonly string[];
    people: readonly { user: string; address: string }[];
    scriptAddress: string;
  },
): void {
  const draw = world.draw.fork('routine control');
  const days = (world.toUs - world.fromUs) / MICROS_PER_DAY;
  for (let i = Math.round(options.perDay * days); i > 0; i--) {
    const [source, name] = draw.pick(ROUTINE);
    world.control({
      atUs: Math.round(draw.uniform(world.fromUs, world.toUs)),
      principal: draw.pick(options.scripts),
      address: options.scriptAddress,
      source,
      name,
      isReadOnly: true,
      request: source === 'ec2.amazonaws.com' ? { filterSet: {} } : null,
      response: null,
    });
  }
  for (let dayUs = world.fromUs; dayUs < world.toUs; dayUs += MICROS_PER_DAY) {
    const weekday = new Date(dayUs / 1000).getUTCDay();
    if (weekday === 0 || weekday === 6) continue;
    for (const person of options.people) {
      if (!draw.chance(0.6)) continue;
      const success = !draw.chance(0.06);
      world.control({
        atUs: Math.round(dayUs + draw.uniform(7.5, 11) * MICROS_PER_HOUR),
        principal: person.user,
        address: person.address,
        source: 'signin.amazonaws.com',
        name: 'ConsoleLogin',
        isReadOnly: false,
        request: null,
        response: { ConsoleLogin: success ? 'Success' : 'Failure' },
        additional: {
          LoginTo: 'https://eu-west-1.console.aws.amazon.com/console/home',
          MobileVersion: 'No',
          MFAUsed: 'Yes',
        },
      });
    }
  }
}
