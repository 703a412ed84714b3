/** A file's name where there is room for `most` characters: what differs in names of one folder lies mostly at their ends. */
export function shortFileName(name: string, most: number): string {
  const base = name.slice(name.lastIndexOf('/') + 1);
  if (base.length > most) {
    const start = Math.floor((most - 1) / 3);
    return `${base.slice(0, start)}…${base.slice(base.length - (most - 1 - start))}`;
  }
  if (name.length <= most) return name;
  const room = most - base.length - 2;
  const folders = name.slice(0, name.length - base.length - 1);
  return room > 3 ? `…${folders.slice(folders.length - room)}/${base}` : base;
}
