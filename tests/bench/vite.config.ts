import { defineConfig } from 'vite';
import { kernels } from '../../src/kernels/plugin.ts';

export default defineConfig({
  root: 'tests/bench/page',
  base: './',
  build: { outDir: '../out/page', emptyOutDir: true, target: 'es2023' },
  plugins: [kernels()],
  worker: { format: 'es', plugins: () => [kernels()] },
  define: { __UNDERTONE_VERSION__: JSON.stringify('bench') },
});
