/** Hands a file to the browser's downloads. Nothing leaves the tab: the address is a blob of this page. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download begins from the blob's address in a later task; dropping the address at once would cancel it in some browsers.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
