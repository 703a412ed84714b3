import type { Micros } from '../../../src/lib/base/brand';
import { formatUtc } from '../../../src/lib/base/time';

export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** One line of a log before it is a file: when its writer says it happened, and which conversation it tells of. */
export interface LogLine {
  /** By the writer's clock. */
  readonly atUs: number;
  readonly text: string;
  /** Conversation.id, or −1. */
  readonly conversation: number;
}

/** Lines by their writer's clock; equal times keep the order in which they were made. */
export function sortLines(lines: readonly LogLine[]): LogLine[] {
  return [...lines].sort((a, b) => a.atUs - b.atUs);
}

/**
 * One text out of many. The engine keeps a template's parts and a tree above them until somebody reads the text, which takes several times the
 * memory of the text itself: hundreds of megabytes for the lines of a large incident.
 */
export function joined(...parts: readonly (string | number)[]): string {
  return parts.join('');
}

export function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}

/** `Feb 20 10:20:30`: RFC 3164, no year, the day padded with a blank. */
export function syslogTime(atUs: number): string {
  const date = new Date(Math.floor(atUs / 1000));
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${date.toISOString().slice(11, 19)}`;
}

/** `2026-02-20T10:20:30.123456+00:00`: rsyslog's own format. */
export function isoTime(atUs: number): string {
  const seconds = Math.floor(atUs / 1_000_000);
  return `${formatUtc((seconds * 1_000_000) as Micros).slice(0, 19)}.${pad(Math.floor(atUs - seconds * 1_000_000), 6)}+00:00`;
}

/** `20/Feb/2026:10:20:30 +0000`: web servers. */
export function webTime(atUs: number): string {
  const date = new Date(Math.floor(atUs / 1000));
  return `${pad(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${date.toISOString().slice(11, 19)} +0000`;
}
