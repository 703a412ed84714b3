import { fail, ok, type Result } from '../base/result';
import type { CaseParameters } from '../analysis/parameters';
import type { InputFile } from '../workers/engine';

export interface Demonstration {
  readonly parameters: CaseParameters;
  readonly files: readonly InputFile[];
}

interface Manifest {
  readonly files: readonly (string | { readonly name: string })[];
}

/** Fetches the bundled case from below `base` (this page's own origin): manifest.json names the files, case.json the parameters. */
export async function fetchDemonstration(base: string): Promise<Result<Demonstration>> {
  try {
    const manifest = (await (await get(`${base}/manifest.json`)).json()) as Manifest;
    const parameters = (await (await get(`${base}/case.json`)).json()) as CaseParameters;
    const names = manifest.files.map((entry) => (typeof entry === 'string' ? entry : entry.name));
    const files = await Promise.all(
      names.map(async (name): Promise<InputFile> => {
        const response = await get(`${base}/${name}`);
        const modified = Date.parse(response.headers.get('last-modified') ?? '');
        return {
          file: await response.blob(),
          name,
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

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response;
}
