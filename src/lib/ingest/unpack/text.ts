const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Names in archives are UTF-8 today; older ones in any code page are shown byte by byte. */
export function textOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return latin1(bytes);
  }
}
