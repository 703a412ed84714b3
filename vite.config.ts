import { readFileSync } from 'node:fs';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';
import { kernels } from './src/kernels/plugin.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

export default defineConfig({
  plugins: [kernels(), sveltekit()],
  define: { __UNDERTONE_VERSION__: JSON.stringify(version) },
  worker: { format: 'es', plugins: () => [kernels()] },
  build: { target: 'es2023' },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: ['tests/e2e/**', 'tests/bench/**', '**/node_modules/**'],
          setupFiles: ['tests/setup.ts'],
          // Against hangs: property tests take seconds, and several times as long on a machine that is busy.
          testTimeout: 120_000,
        },
      },
    ],
  },
});
