import { on } from 'svelte/events';
import { createSubscriber } from 'svelte/reactivity';

/** Whether the page is being printed: what waits behind a button has no other way onto paper. */
class Printing {
  #isOn = false;
  readonly #subscribe = createSubscriber((update) => {
    const set = (isOn: boolean) => () => {
      this.#isOn = isOn;
      update();
    };
    const offs = [on(window, 'beforeprint', set(true)), on(window, 'afterprint', set(false))];
    return () => offs.forEach((off) => off());
  });

  get isOn(): boolean {
    this.#subscribe();
    return this.#isOn;
  }
}

export const printing = new Printing();
