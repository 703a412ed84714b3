import { spawnSync } from 'node:child_process';
import { ensureChromium } from './support/chromium';

/** `npm test`: types, lint, unit and architecture, browser. Stops at the first part that fails and says which. */
const PARTS: [string, string[]][] = [
  ['types', ['run', '--silent', 'check']],
  ['lint', ['run', '--silent', 'lint']],
  ['unit and architecture', ['run', '--silent', 'test:unit']],
  ['browser', ['run', '--silent', 'test:e2e']],
];

try {
  process.env['CHROMIUM_PATH'] = ensureChromium();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

for (const [name, args] of PARTS) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync('npm', args, { stdio: 'inherit', env: { ...process.env, TZ: 'UTC' } });
  if (status !== 0) {
    console.error(`\nnpm test: ${name} failed`);
    process.exit(status ?? 1);
  }
}
console.log('\nnpm test: all parts passed');
