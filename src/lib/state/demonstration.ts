import { fail, ok, type Result } from '../base/result';
import type { CaseParameters } from '../analysis/parameters';
import type { InputFile } from '../workers/engine';

export interface Demonstration {
  readonly parameters: CaseParameters;
  readonly files: readonly InputFile[];
}

interface Manifest {
  readonly files: readonly { readonly name: string; readonly plainBytes: number }[];
}

/** Fetches the bundled case from this page's own origin: the manifest names the files, case.json beside it holds the parameters. */
export async function fetchDemonstration(manifestUrl: string): Promise<Result<Demonstration>> {
  const beside = (name: string) => manifestUrl.slice(0, manifestUrl.lastIndexOf('/') + 1) + name;
  try {
    const manifest = (await (await get(manifestUrl)).json()) as Manifest;
    const parameters = (await (await get(beside('case.json'))).json()) as CaseParameters;
    const files = await Promise.all(
      manifest.files.map(async ({ name, plainBytes }): Promise<InputFile> => {
        const response = await get(beside(name));
        const file = await response.blob();
        const modified = Date.parse(response.headers.get('last-modified') ?? '');
        return {
          file,
          name: nameAsReceived(name, file.size, plainBytes),
          lastModifiedMs: Number.isFinite(modified) ? modified : Date.now(),
        };
      }),
    );
    return ok({ parameters, files });
  } catch (caught) {
    return fail({
      what: `The demonstration case could not be read: ${caught instanceof Error ? caught.message : String(caught)}.`,
      todo: 'Reload the page; the files are part of it and need no connection beyond where the page came from.',
    });
  }
}

/**
 * Some servers send `x.gz` as `x` with a content encoding (vite's preview does), and the browser unpacks it on the way: the bytes at hand, and so
 * their hash, are those of `x` then, and the name must not say otherwise.
 */
export function nameAsReceived(name: string, sizeBytes: number, plainBytes: number): string {
  return name.endsWith('.gz') && sizeBytes === plainBytes ? name.slice(0, -3) : name;
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response;
}
