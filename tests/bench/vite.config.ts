import { defineConfig } from 'vite';

export default defineConfig({
  root: 'tests/bench/page',
  base: './',
  build: { outDir: '../out/page', emptyOutDir: true, target: 'es2023' },
  worker: { format: 'es' },
  define: { __UNDERTONE_VERSION__: JSON.stringify('bench') },
});
