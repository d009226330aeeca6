import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { candidatesIn } from './compare-models.js';

describe('the models of a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lilformer-candidates-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('come in the order of their numbers, and nothing else does', async () => {
    for (const name of ['step-200.pt', 'step-1000.pth', 'step-50.safetensors', 'notes.txt']) {
      await writeFile(join(folder, name), '');
    }
    expect((await candidatesIn(folder)).map(({ name }) => name)).toEqual([
      'step-50',
      'step-200',
      'step-1000',
    ]);
  });

  it('are missed by name', async () => {
    await expect(candidatesIn(folder)).rejects.toThrow(`--checkpoints ${folder}: expected run folders`);
    await expect(candidatesIn(join(folder, 'none'))).rejects.toThrow('expected a folder; there is none at');
  });
});
