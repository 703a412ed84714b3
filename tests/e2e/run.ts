import { spawnSync } from 'node:child_process';
import { ensureChromium } from '../support/chromium';

/** `npm run test:e2e [-- playwright arguments]`: builds the app as it ships and drives it in Chromium. */
const env = { ...process.env, TZ: 'UTC', CHROMIUM_PATH: ensureChromium() };
const built = spawnSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'ignore', 'inherit'], env });
if (built.status !== 0) process.exit(built.status ?? 1);
const tested = spawnSync('npx', ['playwright', 'test', ...process.argv.slice(2)], { stdio: 'inherit', env });
process.exit(tested.status ?? 1);
