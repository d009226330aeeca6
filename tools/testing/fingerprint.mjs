// Prints a line that changes when the reference files do, so that cached test results do too.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const manifest = resolve(
  import.meta.dirname,
  '../..',
  process.env.LILFORMER_GOLDEN || '../shared/golden',
  'manifest.json',
);
console.log(
  existsSync(manifest) ? createHash('sha256').update(readFileSync(manifest)).digest('hex') : 'absent',
);
