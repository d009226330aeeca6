// Temporary files of killed processes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeFileAtomic, writePartsAtomic } from './atomic-file.js';

const folder = mkdtempSync(join(tmpdir(), 'atomic-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('removes temporary files of killed processes, but none that is being written', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const hex = (id: number): string => id.toString(16).padStart(8, '0');
  const kept = [
    '.other.bin.00000001ffff.tmp',
    `.x.bin.${hex(process.ppid)}0000.tmp`,
    '.x.bin.tmp',
    '.x.bin.y.tmp',
  ];
  const removed = [`.x.bin.${hex(pid)}0000.tmp`, `.x.bin.${hex(process.pid)}0000.tmp`];
  for (const name of [...kept, ...removed]) writeFileSync(join(folder, name), 'part');
  const path = join(folder, 'x.bin');
  const during: string[] = [];
  function* parts(): Generator<Uint8Array> {
    yield Buffer.from('whole');
    during.push(...readdirSync(folder));
  }
  const first = writePartsAtomic(path, parts());
  await Promise.all([first, writeFileAtomic(path, 'whole')]);
  expect(readdirSync(folder).sort()).toEqual([...kept, 'x.bin'].sort());
  expect(during.filter((name) => removed.includes(name))).toEqual([]);
});
