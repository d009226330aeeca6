// Updates the tables of the repository's README from the saved results: `npx nx run bench:readme`.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { writeFileAtomic } from '@lilformer/checkpoints';
import { fillMarkers, readmeTables } from './readme-tables.js';
import { workspace } from './workloads.js';

const path = resolve(workspace, 'README.md');
const before = await readFile(path, 'utf8');
const after = fillMarkers(before, await readmeTables());
if (after === before) console.log('README.md is up to date');
else {
  await writeFileAtomic(path, after);
  console.log('README.md updated');
}
