/** Address (or name) and port of `192.0.2.1:9200`, `[2001:db8::1]:9200`, `2001:db8::1`, `/192.0.2.1:9200`. Port 0: none. */
export function splitEndpoint(text: string): { address: string; port: number } {
  const spaced = text.trim();
  const trimmed = spaced.startsWith('/') ? spaced.slice(1) : spaced;
  const bracketed = trimmed.startsWith('[') ? /^\[([^\]]{1,64})\](?::(\d{1,5}))?$/.exec(trimmed) : null;
  if (bracketed) return { address: bracketed[1] ?? '', port: portOfText(bracketed[2]) };
  const colon = trimmed.indexOf(':');
  if (colon === -1 || colon !== trimmed.lastIndexOf(':')) return { address: trimmed, port: 0 };
  const port = trimmed.slice(colon + 1);
  return /^\d{1,5}$/.test(port)
    ? { address: trimmed.slice(0, colon), port: portOfText(port) }
    : { address: trimmed, port: 0 };
}

function portOfText(text: string | undefined): number {
  const port = Number(text ?? 0);
  return port <= 65535 ? port : 0;
}
