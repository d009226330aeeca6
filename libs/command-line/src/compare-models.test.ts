import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCheckpoints } from './compare-models.js';

describe('findCheckpoints', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lilformer-candidates-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('lists checkpoints in the order of their numbers', async () => {
    for (const name of ['step-200.pt', 'step-1000.pth', 'step-50.safetensors', 'notes.txt']) {
      await writeFile(join(folder, name), '');
    }
    expect((await findCheckpoints(folder)).map(({ name }) => name)).toEqual([
      'step-50',
      'step-200',
      'step-1000',
    ]);
  });

  it('throws without checkpoints', async () => {
    await expect(findCheckpoints(folder)).rejects.toThrow(`--checkpoints ${folder}: no run folders`);
    await expect(findCheckpoints(join(folder, 'none'))).rejects.toThrow('no folder at');
  });
});
