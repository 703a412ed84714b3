import { setUpAddresses } from './ipv4.as';
import { reserve } from './memory.as';

/** What all kernels that read lines do around their loops. The loops themselves are each one's own: a call a line would cost a tenth of the speed. */

let stoppedAt: usize = 0;

/** Where the last run stopped: the start of a line, or the end of the text. */
export function stopped(): usize {
  return stoppedAt;
}

export function stopAt(at: usize): void {
  stoppedAt = at;
}

/** Makes room up to `end`, behind the last column. */
export function layOut(end: usize): void {
  reserve(end);
  setUpAddresses();
}
