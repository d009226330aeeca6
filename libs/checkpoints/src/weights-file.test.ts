// Compares weights in one file and in several with those of PyTorch and transformers; indexes that differ from their files.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { golden } from '@lilformer/testing';
import { afterAll, describe, expect, it } from 'vitest';
import {
  fromFloat32,
  openWeights,
  readSafetensors,
  toFloat32,
  writeSafetensors,
  type NamedArray,
} from './index.js';

const root = mkdtempSync(join(tmpdir(), 'lilformer-weights-'));
afterAll(() => rmSync(root, { recursive: true }));
let made = 0;
const INDEX = 'model.safetensors.index.json';

/** A folder with these files of arrays, and an index. */
async function sharded(
  files: Record<string, Record<string, NamedArray>>,
  map: Record<string, unknown>,
): Promise<string> {
  const folder = join(root, String(made++));
  mkdirSync(folder);
  for (const [name, arrays] of Object.entries(files)) {
    await writeSafetensors(join(folder, name), Object.entries(arrays));
  }
  writeFileSync(join(folder, INDEX), JSON.stringify({ metadata: { total_size: 1 }, weight_map: map }));
  return join(folder, INDEX);
}

const one = fromFloat32(Float32Array.of(1, 2, 3, 4), [2, 2]);
const two = fromFloat32(Float32Array.of(5, 6), [2]);
const [A, B] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];

describe('openWeights with an index', () => {
  it('reads one set of arrays, in the order of the index', async () => {
    const path = await sharded({ [A]: { one }, [B]: { two } }, { two: B, one: A });
    const file = await openWeights(path);
    expect([...file.entries].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ['two', 'F32', [2]],
      ['one', 'F32', [2, 2]],
    ]);
    expect(await file.read('one')).toEqual(one);
    expect(await file.read('two')).toEqual(two);
    const { data } = await file.read('one', { first: 1, count: 1 });
    expect(data).toEqual((one.data as Float32Array).slice(2));
    await expect(file.read('three')).rejects.toThrow(/index\.json: no array "three"/);
    await file.close();
    await expect(file.read('one')).rejects.toThrow();
  });

  it.each([
    [
      { [A]: { one } },
      { one: A, two: B },
      /1 of 2 files are missing: model-00002-of-00002\.safetensors\. Put/,
    ],
    [{ [A]: { one, two }, [B]: {} }, { one: A, two: B }, /\n {2}two is in model-00001.*, not in model-00002/],
    [{ [A]: { one } }, { one: A, two: A }, /\n {2}two is in none of the files, not in model-00001/],
    [{ [A]: { one, two } }, { one: A }, /\n {2}two is in model-00001.*, but not in the index/],
    [
      { [A]: { one }, [B]: { one, two } },
      { one: A, two: B },
      /\n {2}one is in several files: model-00001.*, model/,
    ],
    [
      {},
      { one: '../secret.safetensors' },
      /array "one" is in .*secret.*\. Expected the name of a file in the same folder/,
    ],
    [{}, { one: 3 }, /array "one" is in "3"\. Expected the name of a file/],
    [{}, {}, /"weight_map" is empty/],
  ])('throws when index and files differ (%#)', async (files, map, message) => {
    const path = await sharded(files as Record<string, Record<string, NamedArray>>, map);
    await expect(openWeights(path)).rejects.toThrow(message);
  });

  it('throws for an invalid index', async () => {
    const path = join(root, 'other.json');
    await expect(openWeights(path)).rejects.toThrow(/other\.json: no such file/);
    writeFileSync(path, '{');
    await expect(openWeights(path)).rejects.toThrow(/other\.json: not JSON/);
    writeFileSync(path, '{"weight_map": []}');
    await expect(openWeights(path)).rejects.toThrow(/Expected \{"weight_map"/);
  });

  it('names the damaged file', async () => {
    const path = await sharded({ [A]: { one }, [B]: { two } }, { one: A, two: B });
    writeFileSync(join(path, '..', B), 'no weights');
    await expect(openWeights(path)).rejects.toThrow(
      /model-00002-of-00002\.safetensors: a file that is not from torch\.save/,
    );
  });
});

describe('openWeights with files of transformers', () => {
  it('reads the same arrays from every format', async () => {
    const folder = join(root, 'torch');
    mkdirSync(folder);
    copyFileSync(golden('hf/gpt2/pytorch_model.bin'), join(folder, 'pytorch_model-00001-of-00001.bin'));
    const plain = await openWeights(golden('hf/gpt2/pytorch_model.bin'));
    const names = [...plain.entries.keys()];
    writeFileSync(
      join(folder, 'pytorch_model.bin.index.json'),
      JSON.stringify({
        weight_map: Object.fromEntries(names.map((name) => [name, 'pytorch_model-00001-of-00001.bin'])),
      }),
    );
    const { tensors } = await readSafetensors(golden('hf/gpt2/model.safetensors'));
    const several = await openWeights(join(folder, 'pytorch_model.bin.index.json'));
    const single = await openWeights(golden('hf/gpt2/model.safetensors'));
    for (const [name, array] of tensors) {
      expect(toFloat32(await plain.read(name))).toEqual(toFloat32(array));
      expect(await several.read(name)).toEqual(await plain.read(name));
      expect(await single.read(name)).toEqual(array);
      expect(several.entries.get(name)!.shape).toEqual(array.shape);
      const last = { first: array.shape[0] - 1, count: 1 };
      expect(toFloat32(await plain.read(name, last))).toEqual(toFloat32(await single.read(name, last)));
    }
    const bytes = readFileSync(golden('hf/gpt2/pytorch_model.bin'));
    for (const input of [bytes, new Blob([bytes])]) {
      const index = readFileSync(join(folder, 'pytorch_model.bin.index.json'));
      const inMemory = await openWeights(input);
      const shards = await openWeights(index, { name: 'pytorch_model.bin.index.json', shard: () => input });
      for (const name of names) {
        expect(await inMemory.read(name)).toEqual(await plain.read(name));
        expect(await shards.read(name)).toEqual(await plain.read(name));
      }
    }
    await expect(openWeights(new Blob(['x']), { name: 'w.bin' })).rejects.toThrow(/^w\.bin: /);
    await expect(openWeights(7 as never)).rejects.toThrow('input: 7. Expected a path');
    await expect(plain.read(names[0], { first: 0, count: 1e6 })).rejects.toThrow(
      /rows 0 to 1000000: outside an array/,
    );
    await expect(plain.read('none')).rejects.toThrow(/pytorch_model\.bin: no array "none"/);
    await Promise.all([plain.close(), several.close(), single.close()]);
  });
});
