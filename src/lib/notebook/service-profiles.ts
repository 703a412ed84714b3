import type { ServiceProfile } from '../analysis/parameters';
import { protocolName, protocolNumber, serviceName } from '../analysis/profiles';

/** Which service a profile is of: two with the same key are of one. */
export function profileKey({ asset, port, proto }: ServiceProfile): string {
  return `${asset ?? ''}|${serviceName(port, protocolNumber(proto))}`;
}

/**
 * Where among the profiles set by hand the one of this service stands, or -1. One that holds for every asset is not that of a single
 * one. `names` are the other names of the service's asset.
 */
export function ownProfileAt(
  profiles: readonly ServiceProfile[],
  service: ServiceProfile,
  names: readonly string[] = [],
): number {
  const keys = [service.asset, ...names].map((asset) => profileKey({ ...service, asset }));
  return profiles.findIndex((profile) => keys.includes(profileKey(profile)));
}

/** The profiles with one for this service, which says nothing yet; the same array when there is one already. */
export function withOwnProfile(
  profiles: readonly ServiceProfile[],
  service: ServiceProfile,
  names: readonly string[] = [],
): readonly ServiceProfile[] {
  if (ownProfileAt(profiles, service, names) !== -1) return profiles;
  const { asset, port, proto } = service;
  const blank = { port, proto: protocolName(protocolNumber(proto)) };
  return [...profiles, asset === undefined ? blank : { asset, ...blank }];
}

/** Places of profiles that count for nothing, because one before them is of the same service. */
export function repeatedProfiles(profiles: readonly ServiceProfile[]): number[] {
  const keys = profiles.map(profileKey);
  return keys.flatMap((key, at) => (keys.indexOf(key) < at ? [at] : []));
}

/** Whether each word that is looked for stands in the service's asset, port, protocol, name or reason. */
export function isProfileFound(service: ServiceProfile & { readonly why?: string }, looked: string): boolean {
  const { asset = '', port, proto, name = '', why = '' } = service;
  const text = `${asset} ${serviceName(port, protocolNumber(proto))} ${name} ${why}`.toLowerCase();
  return looked
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
