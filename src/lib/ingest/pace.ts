import { FailureError } from '../base/result';

/** Thrown where an AbortSignal stopped the work: nothing is wrong with the file. */
export class Cancelled extends FailureError {
  constructor() {
    super({ what: 'Loading was cancelled', kept: 'Nothing of this file was kept.' });
    this.name = 'Cancelled';
  }
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Cancelled();
}

/**
 * Lets waiting messages (a cancel, for one) be handled. A worker that reads with FileReaderSync only ever awaits settled promises and
 * would never see them. A message to oneself is not clamped to 4 ms as nested timers are
 * (https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers).
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(0);
  });
}
