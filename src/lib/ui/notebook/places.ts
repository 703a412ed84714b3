import { PLACES, type Place } from '../shell.svelte';

/** Tells which cell is being read: the last one whose top has passed the upper part of the window. */
export function watchPlaces(onplace: (place: Place) => void): (root: HTMLElement) => () => void {
  return (root) => {
    let frame = 0;
    const look = (): void => {
      frame = 0;
      const line = window.innerHeight * 0.35;
      let current: Place = 'answer';
      for (const section of root.querySelectorAll<HTMLElement>('[data-cell]')) {
        if (section.getBoundingClientRect().top > line) break;
        current = PLACES.find((place) => place === section.dataset['cell']) ?? current;
      }
      onplace(current);
    };
    const soon = (): void => {
      if (frame === 0) frame = requestAnimationFrame(look);
    };
    window.addEventListener('scroll', soon, { passive: true });
    return () => {
      window.removeEventListener('scroll', soon);
      cancelAnimationFrame(frame);
    };
  };
}
