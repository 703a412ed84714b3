import { afterEach, describe, expect, it, vi } from 'vitest';
import { fetchDemonstration } from './demonstration';

function serve(files: Readonly<Record<string, string>>) {
  vi.stubGlobal('fetch', async (url: string) => {
    const text = files[url];
    return text === undefined ? new Response('', { status: 404 }) : new Response(text);
  });
}

afterEach(() => vi.unstubAllGlobals());

const manifest = JSON.stringify({ files: [{ name: 'a.log.gz', plainBytes: 5 }] });

describe('the demonstration case', () => {
  it('is read from beside its manifest', async () => {
    serve({ '/x/manifest.json': manifest, '/x/case.json': '{"name":"Demo"}', '/x/a.log.gz': 'gz' });
    const result = await fetchDemonstration('/x/manifest.json');
    if (!result.ok) throw new Error(result.error.what);
    expect(result.value.parameters).toEqual({ name: 'Demo' });
    expect(result.value.files.map((file) => file.name)).toEqual(['a.log.gz']);
  });

  it('names a file that the server unpacked by what it is', async () => {
    serve({ '/x/manifest.json': manifest, '/x/case.json': '{}', '/x/a.log.gz': 'plain' });
    const result = await fetchDemonstration('/x/manifest.json');
    expect(result.ok && result.value.files.map((file) => file.name)).toEqual(['a.log']);
  });

  it('says which file is missing', async () => {
    serve({ '/x/manifest.json': manifest, '/x/case.json': '{}' });
    expect(await fetchDemonstration('/x/manifest.json')).toMatchObject({
      ok: false,
      error: { what: expect.stringContaining('/x/a.log.gz answered 404') },
    });
  });
});
