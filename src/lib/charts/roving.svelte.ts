/** One tab stop for a picture with many marks: arrow keys walk the marks, Enter or Space picks, Escape leaves. */
export class Roving {
  /** Index of the mark under the keyboard; −1: none. */
  active = $state(-1);

  /** Handles a key for `count` marks; calls `pick` with the active one. */
  handle(event: KeyboardEvent, count: number, pick: (index: number) => void): void {
    if (count === 0) return;
    switch (event.key) {
      case 'ArrowRight':
      case 'ArrowDown':
        this.active = (this.active + 1) % count;
        break;
      case 'ArrowLeft':
      case 'ArrowUp':
        this.active = (this.active <= 0 ? count : this.active) - 1;
        break;
      case 'Home':
        this.active = 0;
        break;
      case 'End':
        this.active = count - 1;
        break;
      case 'Enter':
      case ' ':
        if (this.active >= 0 && this.active < count) pick(this.active);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  leave(): void {
    this.active = -1;
  }
}
