const ROLES = { table: 'table', thead: 'rowgroup', tbody: 'rowgroup', tr: 'row', th: 'columnheader' };

/** On a narrow screen rows are cards, which takes the table's own roles away: they are put back for those who listen. */
export function keepRoles(table: HTMLTableElement): void {
  table.setAttribute('role', ROLES.table);
  for (const [tag, role] of Object.entries(ROLES))
    for (const part of table.querySelectorAll(tag)) part.setAttribute('role', role);
}

/** Each value of a card stands beside the name of its column. */
export function nameCells(row: HTMLTableRowElement, names: readonly string[]): void {
  row.setAttribute('role', ROLES.tr);
  for (const [index, cell] of [...row.cells].entries()) {
    cell.setAttribute('role', 'cell');
    cell.dataset['column'] = names[index] ?? '';
  }
}
