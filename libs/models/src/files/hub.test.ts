// Downloads from a local server that imitates the Hub: cache, redirects, cut connections, resuming, checksums, refusals,
// working offline.
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hubFolder, isHubName } from './hub.js';
import type { DownloadProgress } from './hub-options.js';
import { FakeHub } from '../testing/fake-hub.js';

const name = 'someone/tiny-model';
const weights = randomBytes(300_000);
let home: string;
let hub: FakeHub;
let endpoint: string;
let storage: string;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'lilformer-hub-'));
  hub = new FakeHub(name);
  endpoint = await hub.start();
  storage = join(home, 'hub', 'models--someone--tiny-model');
  for (const variable of [
    'HF_HUB_CACHE',
    'HUGGINGFACE_HUB_CACHE',
    'HF_TOKEN',
    'HF_HUB_OFFLINE',
    'HF_TOKEN_PATH',
  ]) {
    vi.stubEnv(variable, undefined);
  }
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_ENDPOINT', `${endpoint}/`);
  hub.files.set('config.json', Buffer.from('{"model_type": "gpt2"}'));
  hub.files.set('tokenizer.json', Buffer.from('{}'));
  hub.files.set('vocab.json', Buffer.from('not needed'));
  hub.files.set('model.safetensors', weights);
  hub.files.set('pytorch_model.bin', randomBytes(10));
  hub.files.set('tf_model.h5', randomBytes(10));
  hub.files.set('README.md', Buffer.from('# A model'));
});

afterEach(async () => {
  await hub.stop();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const bytesAsked = (): string[] => hub.asked.filter((one) => /large\/model/.test(one) && !/=0-0$/.test(one));

/** A list of files with another size for the weights. */
function sized(list: unknown[], size: number | undefined): unknown[] {
  return (list as { path: string; lfs?: object }[]).map((file) =>
    file.path === 'model.safetensors' ? { ...file, size, lfs: { ...file.lfs, size } } : file,
  );
}

describe('hubFolder', () => {
  it('downloads the needed files once, in the layout of huggingface_hub', async () => {
    const progress: DownloadProgress[] = [];
    const folder = await hubFolder(name, { onProgress: (one) => progress.push(one) });
    expect(folder).toBe(join(storage, 'snapshots', hub.commit));
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(lstatSync(join(folder, 'model.safetensors')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(storage, 'refs', 'main'), 'utf8')).toBe(hub.commit);
    expect(readdirSync(join(storage, 'blobs'))).toHaveLength(3);
    expect(progress.find(({ file }) => file === 'model.safetensors')?.bytes).toBe(0); // before its first byte
    expect(progress.at(-1)).toEqual({
      file: 'model.safetensors',
      bytes: weights.length,
      total: weights.length,
    });

    hub.asked.length = 0;
    expect(await hubFolder(name, { onProgress: () => expect.unreachable() })).toBe(folder);
    expect(hub.asked).toEqual([
      `/api/models/${name}/revision/main`,
      `/api/models/${name}/tree/${hub.commit}`,
    ]);
    hub.asked.length = 0;
    expect(await hubFolder(name, { revision: hub.commit })).toBe(folder);
    expect(hub.asked).toEqual([]);
  });

  it('resumes after interrupted connections', async () => {
    hub.cuts.set('model.safetensors', [100_000, 50_000, 0]);
    const folder = await hubFolder(name);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    const last = weights.length - 1;
    expect(bytesAsked()).toEqual([
      '/large/model.safetensors',
      `/large/model.safetensors bytes=100000-${last}`,
      `/large/model.safetensors bytes=150000-${last}`,
      `/large/model.safetensors bytes=150000-${last}`,
    ]);
  });

  it('resumes the download of an earlier process', async () => {
    hub.cuts.set('model.safetensors', [200_000, 0, 0, 0, 0, 0]);
    await expect(hubFolder(name)).rejects.toThrow(/is unreachable: .*\. Load a folder/);
    expect(existsSync(join(storage, 'refs', 'main'))).toBe(false);
    hub.cuts.clear();
    hub.asked.length = 0;
    const folder = await hubFolder(name);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(bytesAsked()).toEqual([`/large/model.safetensors bytes=200000-${weights.length - 1}`]);
  });

  it('restarts when the partial file is corrupt', async () => {
    hub.cuts.set('model.safetensors', [1000, 0, 0, 0, 0, 0]);
    await expect(hubFolder(name)).rejects.toThrow();
    const blobs = join(storage, 'blobs');
    const incomplete = readdirSync(blobs).find((one) => one.endsWith('.incomplete'))!;
    writeFileSync(join(blobs, incomplete), randomBytes(1000));
    const folder = await hubFolder(name);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
  });

  it('rejects a file with a wrong checksum, large or small', async () => {
    for (const file of ['model.safetensors', 'config.json']) {
      const right = hub.files.get(file)!;
      hub.forged.set(file, Buffer.from(right.map((byte, i) => (i === 7 ? byte ^ 1 : byte))));
      await expect(hubFolder(name)).rejects.toThrow(
        new RegExp(
          `^${name}: ${file} has checksum [0-9a-f]+\\. Expected [0-9a-f]+\\. The download is corrupt\\.$`,
        ),
      );
      hub.forged.clear();
      expect(readdirSync(join(storage, 'blobs')).filter((one) => one.endsWith('.incomplete'))).toEqual([]);
      rmSync(storage, { recursive: true });
    }
    hub.forged.set('model.safetensors', Buffer.concat([weights, weights]));
    await expect(hubFolder(name)).rejects.toThrow(/model\.safetensors has more bytes than expected, 300000/);
  });

  it('rejects a proxy that ignores range requests', async () => {
    hub.ignoresRanges = true;
    await expect(hubFolder(name)).rejects.toThrow(/requested bytes=0-0, but received the whole file/);
  });

  it.each<[string, (list: unknown[]) => unknown, RegExp]>([
    ['a size of 2^60', (list) => sized(list, 2 ** 60), /the Hub lists .*"size":115292150460684.*at most/],
    ['a negative size', (list) => sized(list, -1), /the Hub lists .*"size":-1/],
    ['a missing size', (list) => sized(list, undefined), /the Hub lists .*Expected a file name, a size/],
    [
      'a size larger than the file',
      (list) => sized(list, 2 ** 30),
      /has 300000 bytes, but the Hub lists 1073741824/,
    ],
    ['an object as list', () => ({ error: 'no' }), /an answer that is not the Hub's|Expected a file name/],
    ['null as list', () => null, /an answer that is not the Hub's/],
    ['text as list', () => 'none', /an answer that is not the Hub's|no weights found/],
    ['entries that are null', () => [null], /an answer that is not the Hub's|no weights found/],
    ['a path that is a number', () => [{ type: 'file', path: 7, size: 1, oid: 'a'.repeat(40) }], /"path":7/],
    [
      'a path out of the folder',
      () => [{ type: 'file', path: '..', size: 1, oid: 'a'.repeat(40) }],
      /"path":"\.\."/,
    ],
  ])('rejects %s', async (_, listed, message) => {
    hub.listed = listed;
    const error = await hubFolder(name).then(
      () => new Error('loaded'),
      (error: unknown) => error as Error,
    );
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${name}: `)).toBe(true);
    expect(existsSync(storage)).toBe(/has 300000 bytes/.test(error.message));
  });

  it('resumes a named commit whose download was killed', async () => {
    hub.cuts.set('model.safetensors', [1000, 0, 0, 0, 0, 0]);
    const options = { revision: hub.commit };
    await expect(hubFolder(name, options)).rejects.toThrow(/is unreachable/);
    expect(readdirSync(join(storage, 'snapshots', hub.commit))).toContain('config.json');
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await expect(hubFolder(name, options)).rejects.toThrow(/is not in the cache/);
    vi.stubEnv('HF_HUB_OFFLINE', undefined);
    hub.cuts.clear();
    const folder = await hubFolder(name, options);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
  });

  it('takes a snapshot without all shards of its index as incomplete', async () => {
    hub.files.delete('model.safetensors');
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const index = { weight_map: { a: shards[0], b: shards[1] } };
    hub.files.set('model.safetensors.index.json', Buffer.from(JSON.stringify(index)));
    for (const shard of shards) hub.files.set(shard, randomBytes(10));
    const options = { revision: hub.commit };
    const folder = await hubFolder(name, options);
    rmSync(join(folder, shards[1]));
    expect(readdirSync(await hubFolder(name, options))).toContain(shards[1]);
  });

  it('can be called several times at once', async () => {
    hub.files.set('model.safetensors', randomBytes(3_000_000));
    const folders = await Promise.all(Array.from({ length: 6 }, () => hubFolder(name)));
    expect(new Set(folders).size).toBe(1);
    const bytes = readFileSync(join(folders[0], 'model.safetensors'));
    expect(bytes.equals(hub.files.get('model.safetensors')!)).toBe(true);
    expect(readdirSync(join(storage, 'blobs')).filter((one) => one.endsWith('.incomplete'))).toEqual([]);
  });

  it.each([
    [404, /^someone\/tiny-model: not found\. Expected a local folder or file, or a model at http:.*\.$/],
    [401, /denies access \(401\)\. The model is private, gated, or does not exist\. Set HF_TOKEN/],
    [403, /denies access \(403\)\. .*\. Set HF_TOKEN/],
    [400, /^someone\/tiny-model: so it is/],
  ])('that is answered with %i is an error that says so', async (status, message) => {
    hub.status = status;
    await expect(hubFolder(name)).rejects.toThrow(message);
    expect(hub.asked).toHaveLength(1);
  });

  it('sends the token to the Hub only', async () => {
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    await hubFolder(name);
    expect(hub.tokens).toContain('Bearer hf_secret');
    hub.status = 403;
    await expect(hubFolder(name)).rejects.toThrow(/\. HF_TOKEN has no access/);
    vi.stubEnv('HF_TOKEN', undefined);
    writeFileSync(join(home, 'token'), 'hf_stored\n');
    await expect(hubFolder(name)).rejects.toThrow(/\. HF_TOKEN has no access/);
    expect(hub.tokens).toContain('Bearer hf_stored');
  });

  it('uses the cache when the Hub is unreachable or HF_HUB_OFFLINE is set', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await expect(hubFolder(name)).rejects.toThrow(
      /revision main is not in the cache .*, and HF_HUB_OFFLINE is set/,
    );
    vi.stubEnv('HF_HUB_OFFLINE', undefined);
    const folder = await hubFolder(name);
    hub.asked.length = 0;
    vi.stubEnv('HF_HUB_OFFLINE', 'yes');
    expect(await hubFolder(name)).toBe(folder);
    expect(hub.asked).toEqual([]);
    vi.stubEnv('HF_HUB_OFFLINE', '0');
    await hub.stop();
    expect(await hubFolder(name)).toBe(folder);
    await expect(hubFolder('someone/else')).rejects.toThrow(
      /^someone\/else: not in the cache .*, and http:.* is unreachable: fetch failed.*\. Load a folder, or try/,
    );
    await hub.start();
  });

  it('stores files in HF_HUB_CACHE', async () => {
    const other = join(home, 'elsewhere');
    mkdirSync(other);
    vi.stubEnv('HF_HUB_CACHE', other);
    expect(await hubFolder(name)).toBe(join(other, 'models--someone--tiny-model', 'snapshots', hub.commit));
  });

  it('accepts sharded and PyTorch weights, and rejects a model without weights', async () => {
    hub.files.delete('model.safetensors');
    hub.files.set('model.safetensors.index.json', Buffer.from('{}'));
    hub.files.set('model-00001-of-00002.safetensors', randomBytes(10));
    hub.files.set('model-00002-of-00002.safetensors', randomBytes(11));
    expect(readdirSync(await hubFolder(name)).filter((file) => file.startsWith('model'))).toHaveLength(3);
    hub.commit = 'd'.repeat(40);
    hub.files.delete('model.safetensors.index.json');
    expect(readdirSync(await hubFolder(name))).toContain('pytorch_model.bin');
    hub.commit = 'e'.repeat(40);
    hub.files.delete('pytorch_model.bin');
    await expect(hubFolder(name)).rejects.toThrow(
      /no weights found\. Expected model\.safetensors or .*\. Found config\.json/,
    );
  });

  it('recognizes names of the Hub', () => {
    expect(['gpt2', 'google/flan-t5-small', 'a/b.c_d'].filter(isHubName)).toHaveLength(3);
    expect(
      ['', './gpt2', '../x', 'a/b/c', '/tmp/x', 'a..b', 'a--b', 'model.safetensors', 'x/y.bin'].filter(
        isHubName,
      ),
    ).toEqual([]);
  });
});
