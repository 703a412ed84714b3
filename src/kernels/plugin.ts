import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import type { Plugin } from 'vite';

const PREFIX = 'kernel:';
const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Makes `import wasm from 'kernel:name'` give `name.as.ts` of this folder as WebAssembly: its bytes in base64. */
export function kernels(): Plugin {
  return {
    name: 'kernels',
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    async load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return null;
      // Kernels share parts: a change to any file may change each of them.
      for (const file of readdirSync(FOLDER)) if (file.endsWith('.as.ts')) this.addWatchFile(FOLDER + file);
      return `export default ${JSON.stringify(await compile(`${id.slice(PREFIX.length + 1)}.as.ts`))};`;
    },
  };
}

/** Throws with the compiler's own words when the source is wrong. */
async function compile(source: string): Promise<string> {
  let binary: Uint8Array | null = null;
  const options = ['--outFile', 'kernel.wasm', '--runtime', 'stub', '--enable', 'simd', '-O3', '--noAssert'];
  const { error, stderr } = await asc.main([source, '--baseDir', FOLDER, '--use', 'abort=', ...options], {
    writeFile: (_name, contents) => {
      if (typeof contents !== 'string') binary = contents;
    },
  });
  if (error || !binary) throw new Error(`${source} could not be compiled: ${stderr.toString()}`);
  return Buffer.from(binary).toString('base64');
}
