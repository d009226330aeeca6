// Downloading from a server that plays the Hub's part: cache, redirects, cut connections, resuming, checksums, refusals,
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
import { hubFolder, isHubName, type DownloadProgress } from './hub.js';
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

describe('a model of the Hub', () => {
  it('is downloaded once, only what is needed, into the layout of the cache of Python', async () => {
    const progress: DownloadProgress[] = [];
    const folder = await hubFolder(name, { onProgress: (one) => progress.push(one) });
    expect(folder).toBe(join(storage, 'snapshots', hub.commit));
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(lstatSync(join(folder, 'model.safetensors')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(storage, 'refs', 'main'), 'utf8')).toBe(hub.commit);
    expect(readdirSync(join(storage, 'blobs'))).toHaveLength(3);
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

  it('goes on where a connection was cut, several times', async () => {
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

  it('goes on where an earlier process stopped', async () => {
    hub.cuts.set('model.safetensors', [200_000, 0, 0, 0, 0, 0]);
    await expect(hubFolder(name)).rejects.toThrow(/cannot be reached \(.*\); give a folder/);
    expect(existsSync(join(storage, 'refs', 'main'))).toBe(false);
    hub.cuts.clear();
    hub.asked.length = 0;
    const folder = await hubFolder(name);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(bytesAsked()).toEqual([`/large/model.safetensors bytes=200000-${weights.length - 1}`]);
  });

  it('starts anew when what was kept is wrong', async () => {
    hub.cuts.set('model.safetensors', [1000, 0, 0, 0, 0, 0]);
    await expect(hubFolder(name)).rejects.toThrow();
    const blobs = join(storage, 'blobs');
    const incomplete = readdirSync(blobs).find((one) => one.endsWith('.incomplete'))!;
    writeFileSync(join(blobs, incomplete), randomBytes(1000));
    const folder = await hubFolder(name);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
  });

  it('is refused when a file was changed on its way, large or small', async () => {
    for (const file of ['model.safetensors', 'config.json']) {
      const right = hub.files.get(file)!;
      hub.forged.set(file, Buffer.from(right.map((byte, i) => (i === 7 ? byte ^ 1 : byte))));
      await expect(hubFolder(name)).rejects.toThrow(
        new RegExp(
          `^${name}: ${file} has the checksum [0-9a-f]+, the Hub says [0-9a-f]+: it was changed on its way$`,
        ),
      );
      hub.forged.clear();
      expect(readdirSync(join(storage, 'blobs')).filter((one) => one.endsWith('.incomplete'))).toEqual([]);
      rmSync(storage, { recursive: true });
    }
    hub.forged.set('model.safetensors', Buffer.concat([weights, weights]));
    await expect(hubFolder(name)).rejects.toThrow(/model\.safetensors has more than its 300000 bytes/);
  });

  it('is refused by something in between that knows no ranges', async () => {
    hub.ignoresRanges = true;
    await expect(hubFolder(name)).rejects.toThrow(/asked for bytes=0-0, the server gave everything/);
  });

  it.each([
    [404, /^someone\/tiny-model: there is no such model at http:.*, and no such folder or file here$/],
    [401, /refuses it \(401\): there is no such model, or it is private or gated; set HF_TOKEN/],
    [403, /refuses it \(403\): .*; set HF_TOKEN/],
    [400, /^someone\/tiny-model: so it is/],
  ])('that is answered with %i is an error that says so', async (status, message) => {
    hub.status = status;
    await expect(hubFolder(name)).rejects.toThrow(message);
    expect(hub.asked).toHaveLength(1);
  });

  it('is asked for with the token, which only the Hub sees', async () => {
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    await hubFolder(name);
    expect(hub.tokens).toContain('Bearer hf_secret');
    hub.status = 403;
    await expect(hubFolder(name)).rejects.toThrow(/; HF_TOKEN may not read it/);
    vi.stubEnv('HF_TOKEN', undefined);
    writeFileSync(join(home, 'token'), 'hf_stored\n');
    await expect(hubFolder(name)).rejects.toThrow(/; HF_TOKEN may not read it/);
    expect(hub.tokens).toContain('Bearer hf_stored');
  });

  it('comes from the cache when the Hub cannot be reached, or shall not be', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await expect(hubFolder(name)).rejects.toThrow(
      /not in the cache .* \(revision main\), and HF_HUB_OFFLINE is set/,
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
      /^someone\/else: not in the cache .*, and http:.* cannot be reached \(fetch failed.*\); give a folder, or try/,
    );
    await hub.start();
  });

  it('is in the cache of another place, where HF_HUB_CACHE says so', async () => {
    const other = join(home, 'elsewhere');
    mkdirSync(other);
    vi.stubEnv('HF_HUB_CACHE', other);
    expect(await hubFolder(name)).toBe(join(other, 'models--someone--tiny-model', 'snapshots', hub.commit));
  });

  it('may have several files of weights, or those of PyTorch only, or none', async () => {
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
      /no weights; expected model\.safetensors, .*; there is config\.json/,
    );
  });

  it('has a name that can be one', () => {
    expect(['gpt2', 'google/flan-t5-small', 'a/b.c_d'].filter(isHubName)).toHaveLength(3);
    expect(
      ['', './gpt2', '../x', 'a/b/c', '/tmp/x', 'a..b', 'a--b', 'model.safetensors', 'x/y.bin'].filter(
        isHubName,
      ),
    ).toEqual([]);
  });
});
