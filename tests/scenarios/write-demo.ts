import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleDemo } from './bundle';
import { buildDemo } from './demo';

const FOLDER = resolve('static/demo');

mkdirSync(FOLDER, { recursive: true });
let total = 0;
for (const { name, bytes } of bundleDemo(buildDemo())) {
  writeFileSync(join(FOLDER, name), bytes);
  total += bytes.length;
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  console.log(`${String(bytes.length).padStart(9)}  ${hash}  ${name}`);
}
console.log(`${String(total).padStart(9)}  bytes in all`);
