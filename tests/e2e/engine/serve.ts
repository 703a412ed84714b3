import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, preview, type InlineConfig } from 'vite';
import { kernels } from '../../../src/kernels/plugin.ts';

/** The page's own policy, as far as the engine meets it: workers and WebAssembly from its own origin, nothing from elsewhere. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; img-src 'self' data:";

export interface HarnessServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Bundles the engine with nothing around it, as it ships, and serves it on a free port. */
export async function serveHarness(): Promise<HarnessServer> {
  const outDir = await mkdtemp(join(tmpdir(), 'undertone-engine-'));
  const shared = {
    configFile: false,
    root: import.meta.dirname,
    publicDir: resolve('static'),
    logLevel: 'warn',
    define: { __UNDERTONE_VERSION__: JSON.stringify('test') },
    plugins: [kernels()],
    worker: { format: 'es' as const, plugins: () => [kernels()] },
    build: { outDir, target: 'es2023', emptyOutDir: true },
  } satisfies InlineConfig;
  await build(shared);
  const server = await preview({
    ...shared,
    preview: { port: 0, host: '127.0.0.1', headers: { 'content-security-policy': POLICY } },
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string') throw new Error('the preview server has no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}
