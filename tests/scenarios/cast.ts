import type { Person } from './activities/known';

/** Who belongs to every scenario: the own networks, the office, monitoring, and the servers that ship logs. */
export const OWN_NETWORKS = ['10.20.0.0/16', '2001:db8:20::/48'];
export const OFFICE_NETWORK = '192.0.2.0/24';
export const STATION_NETWORK = '198.51.100.16/28';
export const STATION = '198.51.100.20';
export const SHIPPERS = ['10.20.10.11', '10.20.10.12', '10.20.10.13', '10.20.10.14'];

export const PEOPLE: readonly Person[] = [
  { user: 'anna', key: 'SHA256:Qm4c1dUq0pJ8yZt6bXnVh2sLrKw9eAgTfO3iMxC5jEo', address: '192.0.2.10' },
  { user: 'jonas', key: 'SHA256:b7Vw2nXyKq5tRz8mLc0dFh3gJs6pUa9eTiOo1xNvQyE', address: '192.0.2.10' },
  { user: 'deploy', key: 'SHA256:Zk8rTq3vPw6yHn1mJc5bXs0dLg7fUe2aKi9oVtRxCyM', address: '192.0.2.40' },
];

/** Accounts that the hosts have; sshd calls every other name invalid. */
export const KNOWN_USERS: ReadonlySet<string> = new Set([
  'root',
  'ubuntu',
  ...PEOPLE.map(({ user }) => user),
]);

/** The log store keeps an index a day. */
export function indexOf(atUs: number): string {
  return `app-logs-${new Date(atUs / 1000).toISOString().slice(0, 10).replaceAll('-', '.')}`;
}
