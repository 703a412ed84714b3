import type { Findings } from '../analysis/findings';
import { defang } from '../base/addresses';
import { formatUtc } from '../base/time';
import { visibleText } from '../base/visible';

/**
 * One CSV cell. Text that a spreadsheet would run as a formula gets a leading apostrophe: it begins with = + − @, a tab or a carriage
 * return, in ASCII or full width (OWASP, "CSV Injection"). Quoted by RFC 4180 where it must be.
 */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const safe = visibleText(/^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(value) ? `'${value}` : value);
  return /[",\r\n;\t']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csv(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [header, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n';
}

/** One line an actor. Addresses defanged. Times ISO 8601 in UTC, sizes in bytes; an empty cell is unknown. */
export function actorsCsv(findings: Findings): string {
  const header = [
    'actor',
    'standing',
    'label',
    'quiet rank',
    'rung',
    'rung inferred',
    'succeeded',
    'noise score',
    'quiet score',
    'campaign',
    'first seen (UTC)',
    'last seen (UTC)',
    'sessions',
    'events',
    'failures',
    'successes',
    'user names',
    'assets',
    'ports',
    'bytes to actor',
    'bytes from actor',
    'services',
    'why',
  ];
  return csv(
    header,
    findings.actors.map((actor) => [
      defang(actor.actor),
      actor.standing,
      actor.label ?? '',
      actor.quietRank ?? '',
      actor.rung,
      String(actor.rungInferred),
      String(actor.succeeded),
      Number(actor.noiseScore.toFixed(3)),
      Number(actor.quietScore.toFixed(3)),
      actor.campaign ?? '',
      formatUtc(actor.firstUs),
      formatUtc(actor.lastUs),
      actor.sessions,
      actor.events,
      actor.failures,
      actor.successes,
      actor.users,
      actor.assets,
      actor.ports,
      actor.bytesToActor,
      actor.bytesFromActor,
      actor.services.join(' '),
      actor.why.map((sign) => `${sign.sign}: ${sign.text}`).join('; '),
    ]),
  );
}

/** One line an asset, service and UTC day. */
export function verdictsCsv(findings: Findings): string {
  return csv(
    ['asset', 'service', 'day (UTC)', 'verdict', 'rung', 'rung inferred', 'ceiling', 'actors', 'why'],
    findings.verdicts.map((verdict) => [
      verdict.asset,
      verdict.service,
      verdict.day,
      verdict.verdict,
      verdict.rung,
      String(verdict.inferred),
      verdict.ceiling,
      verdict.actors.map(defang).join(' '),
      verdict.why.map((statement) => statement.text).join(' '),
    ]),
  );
}
