// Windows refuses to rename over a file that is open elsewhere; here it is simulated.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type * as FileSystem from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const refusals = vi.hoisted(() => ({ left: 0 }));
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof FileSystem>();
  const rename: typeof fs.rename = async (from, to) => {
    if (refusals.left-- > 0) throw Object.assign(new Error('EPERM: rename'), { code: 'EPERM' });
    await fs.rename(from, to);
  };
  return { ...fs, rename };
});

import { writeFileAtomic } from './atomic-file.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'lilformer-atomic-'))));
afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true });
});

const on = (platform: string) =>
  vi.stubGlobal('process', Object.create(process, { platform: { value: platform } }));

it('renames again while a reader has the file open on Windows', async () => {
  on('win32');
  refusals.left = 3;
  await writeFileAtomic(join(folder, 'a.txt'), 'new');
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('new');
});

it('fails at once elsewhere', async () => {
  on('linux');
  refusals.left = 1;
  await expect(writeFileAtomic(join(folder, 'a.txt'), 'new')).rejects.toThrow('EPERM');
});
