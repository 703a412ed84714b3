import { toHex } from '../../base/bytes';

/** Of what is no record, its first bytes are shown. */
const SHOWN_BYTES = 32;

/** The first bytes from `start` on as a person reads them, of formats whose records are no text: `2a 2a 00 00`. */
export function hexSample(bytes: Uint8Array, start: number, end: number): string {
  return toHex(bytes.subarray(start, Math.min(end, start + SHOWN_BYTES)), ' ');
}
