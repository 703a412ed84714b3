import type { Notices } from '../state/notices.svelte';

/** Puts a text on the clipboard and says so, or says what to do where the browser does not let it. */
export async function copyText(text: string, done: string, notices: Notices): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notices.done(done);
  } catch (caught) {
    notices.fail({
      what: `The browser did not allow copying: ${caught instanceof Error ? caught.message : String(caught)}.`,
      todo: 'Select the text and copy it by keyboard; addresses are defanged then.',
    });
  }
}
