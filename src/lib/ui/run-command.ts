import { actorSubject, assetSubject } from '../notebook/edits';
import type { CaseSession } from '../state/case-session.svelte';
import type { Command } from './keys';
import { PLACES, type Shell } from './shell.svelte';

/** Does what a key asked for. False: there was nothing to do, and the key is the browser's. */
export function runCommand(command: Command, session: CaseSession, shell: Shell): boolean {
  switch (command.kind) {
    case 'help':
    case 'palette':
      shell.open({ kind: command.kind });
      return true;
    case 'undo':
      session.undo();
      return true;
    case 'redo':
      session.redo();
      return true;
    case 'clear':
      return clear(session, shell);
    case 'cell':
      shell.step(command.delta);
      return true;
    case 'goto': {
      const place = PLACES[command.cell];
      if (place) shell.goTo(place);
      return place !== undefined;
    }
    case 'receipts':
      return shell.crossReceipts();
    case 'row':
      return moveRow(command.delta, shell);
    case 'pin':
    case 'tag':
    case 'note':
      return mark(command.kind, session, shell);
  }
}

/** Moves in the table that had the focus last, or else in the receipts or the cell that is being read. */
function moveRow(delta: number, shell: Shell): boolean {
  if (!shell.table) {
    const grid = document.querySelector<HTMLElement>(
      `aside [role=grid], [data-cell="${shell.place}"] [role=grid]`,
    );
    grid?.focus();
    return grid !== null;
  }
  shell.table.move(delta);
  return true;
}

/** One step back at a time: the rail, the drawer, then what is picked and brushed. */
function clear(session: CaseSession, shell: Shell): boolean {
  if (shell.isRailOpen) shell.closeRail();
  else if (session.receipts.isOpen) shell.closeReceipts(session.receipts);
  else if (session.isFocused) session.clearFocus();
  else return false;
  return true;
}

function mark(kind: 'pin' | 'tag' | 'note', session: CaseSession, shell: Shell): boolean {
  const { actor, asset } = session.selection;
  const picked = actor !== undefined ? actorSubject(actor) : asset !== undefined ? assetSubject(asset) : null;
  const subject = shell.table?.subject() ?? picked;
  if (subject === null) return false;
  if (kind === 'pin') session.togglePin(subject);
  else shell.open({ kind: 'mark', subject, focus: kind === 'tag' ? 'tags' : 'note' });
  return true;
}
