// A modal dialog on the browser's own element, open as long as its element is in the page.
import type { Attachment } from 'svelte/attachments';

/** Opens the dialog it is attached to; at the end the focus goes back to where it was. */
export function modal(onclose: () => void): Attachment<HTMLDialogElement> {
  return (dialog) => {
    const before = document.activeElement;
    dialog.showModal();
    dialog.addEventListener('close', onclose);
    return () => {
      // A dialog that leaves with its page was not closed by anybody, so nobody is told.
      dialog.removeEventListener('close', onclose);
      // What opened it may be gone by now; then the head of the page is the place to go on from.
      const back = before?.isConnected ? before : document.querySelector('h1');
      if (back instanceof HTMLElement) back.focus({ preventScroll: true });
    };
  };
}
