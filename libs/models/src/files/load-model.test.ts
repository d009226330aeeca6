// Folders and files in Hugging Face's format, loaded, saved and loaded again: weights bit for bit, files byte for byte; and
// the errors for what does not fit. Logits of the same files are in the models' own tests.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromFloat32, readSafetensors, writeSafetensors, type NamedArray } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { golden, goldenJson, largestDifference } from '@lilformer/testing';
import { BpeTokenizer, CharTokenizer } from '@lilformer/tokenizers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  BertModel,
  createModel,
  EncoderDecoderModel,
  loadModel,
  savePretrained,
  type GPT2LMHeadModel,
  type AnyModel,
} from '../index.js';
import { FakeHub } from '../testing/fake-hub.js';
import { hubLayout } from '../testing/hugging-face-case.js';

const families = ['gpt2', 'bert', 'bart', 't5'] as const;
const root = mkdtempSync(join(tmpdir(), 'lilformer-pretrained-'));
let folder: string;
let made = 0;

beforeAll(async () => {
  await openEngine();
});
beforeEach(() => {
  folder = join(root, String(made++));
  mkdirSync(folder);
});
afterAll(() => rmSync(root, { recursive: true }));

/** Of each number in a file of settings whether it is written as a fraction. */
function fractionsIn(path: string): Map<string, boolean> {
  const lines = readFileSync(path, 'utf8').matchAll(/^ {2}"(\w+)": (-?\d[^,\n]*),?$/gm);
  return new Map(Array.from(lines, ([, key, number]) => [key, /[.e]/.test(number)]));
}

/** What a model of any family says of a text. */
function scores(model: AnyModel, ids: tf.Tensor2D): tf.Tensor {
  if (model instanceof EncoderDecoderModel) return model.forward(ids, ids);
  return model instanceof BertModel ? model.forward(ids).lastHiddenState : model.forward(ids);
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

describe('a folder in the format of transformers', () => {
  /** Config and weights of a family, weights changed. */
  async function changed(family: string, change: (arrays: Map<string, NamedArray>) => void): Promise<void> {
    copyFileSync(golden(`hf/${family}/config.json`), join(folder, 'config.json'));
    const { tensors } = await readSafetensors(golden(`hf/${family}/model.safetensors`));
    change(tensors);
    await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  }

  it.each(families)('%s loads, and is saved byte for byte', async (family) => {
    const start = tf.memory().numTensors;
    const { model, tokenizer, generationConfig, source } = await loadModel(golden(`hf/${family}`));
    const config = goldenJson<object>(`hf/${family}/config.json`);
    expect(source).toEqual({ kind: 'hugging-face', path: golden(`hf/${family}`) });
    expect(model.training).toBe(false);
    expect(tokenizer).toBeUndefined();
    const generates = family !== 'bert';
    if (generates) expect(generationConfig).toEqual(goldenJson(`hf/${family}/generation_config.json`));
    await savePretrained(model, folder, { generationConfig });
    const bytes = readFileSync(join(folder, 'model.safetensors'));
    expect(bytes.equals(readFileSync(golden(`hf/${family}/model.safetensors`)))).toBe(true);
    expect(config).toMatchObject(json(join(folder, 'config.json')) as object);
    // Python tells 1 from 1.0, and transformers refuses one for the other.
    const written = fractionsIn(golden(`hf/${family}/config.json`));
    for (const [key, isFraction] of fractionsIn(join(folder, 'config.json'))) {
      if (written.has(key)) expect([key, isFraction]).toEqual([key, written.get(key)]);
    }
    expect(existsSync(join(folder, 'generation_config.json'))).toBe(generates);
    if (generates) expect(json(join(folder, 'generation_config.json'))).toEqual(generationConfig);

    const again = await loadModel(folder);
    expect(again.model.stateDict()).toEqual(model.stateDict());
    expect(again.model.toString()).toBe(model.toString());
    model.dispose();
    again.model.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });

  it.each(families)('%s loads from the layout of the published files', async (family) => {
    const { model } = await loadModel(golden(`hf/${family}`));
    copyFileSync(golden(`hf/${family}/config.json`), join(folder, 'config.json'));
    await writeSafetensors(join(folder, 'hub_layout.safetensors'), await hubLayout(`hf/${family}`));
    const other = await loadModel(join(folder, 'hub_layout.safetensors'));
    expect(other.model.stateDict()).toEqual(model.stateDict());
    model.dispose();
    other.model.dispose();
  });

  it.each(families)('%s stores its matrices in bf16 with dtype bf16', async (family) => {
    const start = tf.memory().numTensors;
    const { model } = await loadModel(golden(`hf/${family}`), { dtype: 'bf16' });
    const plain = await loadModel(golden(`hf/${family}`));
    const matrices = [...model.namedParameters()].filter(([, { isBf16 }]) => isBf16);
    expect(matrices.length).toBeGreaterThan(5);
    for (const [, parameter] of matrices) {
      const [rows, columns] = parameter.shape;
      expect(parameter.bytes).toBe(4 * rows * Math.ceil(columns / 2));
    }
    // The weights are those of the file to the ninth digit, and the same numbers in float32 say the same.
    const rounded = model.stateDict();
    for (const [name, { data }] of plain.model.stateDict()) {
      const kept = rounded.get(name)!.data as Float32Array;
      expect((data as Float32Array).every((x, i) => Math.abs(x - kept[i]) <= Math.abs(x) / 2 ** 8)).toBe(
        true,
      );
    }
    plain.model.loadStateDict(rounded);
    const ids = tf.tensor2d([[5, 9, 2, 7, 1]], [1, 5], 'int32');
    const [narrow, wide] = [model, plain.model].map((one) => tf.tidy(() => scores(one, ids).dataSync()));
    expect(largestDifference(narrow, wide)).toBeLessThan(1e-4);
    expect(() => (matrices[0][1].trainable = true)).toThrow(/stored in bf16 and cannot be trained/);
    for (const one of [ids, model, plain.model]) one.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });

  it('loads from sharded and PyTorch weights', async () => {
    const { model } = await loadModel(golden('hf/gpt2'));
    copyFileSync(golden('hf/gpt2/config.json'), join(folder, 'config.json'));
    const torch = join(folder, 'pytorch_model.bin');
    copyFileSync(golden('hf/gpt2/pytorch_model.bin'), torch);
    const fromTorch = await loadModel(folder);
    expect(fromTorch.model.stateDict()).toEqual(model.stateDict());

    const { tensors } = await readSafetensors(golden('hf/gpt2/model.safetensors'));
    const all = [...tensors];
    const parts = [all.slice(0, 7), all.slice(7, 9), all.slice(9)];
    const names = parts.map((_, i) => `model-0000${i + 1}-of-00003.safetensors`);
    const map = parts.flatMap((part, i) => part.map(([name]) => [name, names[i]]));
    for (const [i, part] of parts.entries()) await writeSafetensors(join(folder, names[i]), part);
    const index = join(folder, 'model.safetensors.index.json');
    writeFileSync(index, JSON.stringify({ weight_map: Object.fromEntries(map) as object }));
    rmSync(torch);
    const sharded = await loadModel(folder);
    expect(sharded.model.stateDict()).toEqual(model.stateDict());
    rmSync(join(folder, names[1]));
    await expect(loadModel(folder)).rejects.toThrow(/1 of 3 files are missing: model-00002-of-00003/);
    for (const one of [model, fromTorch.model, sharded.model]) one.dispose();
  });

  it('loads as another architecture of its family', async () => {
    const config = goldenJson<Record<string, unknown>>('hf/bert/config.json');
    const { tensors } = await readSafetensors(golden('hf/bert/pooler.safetensors'));
    const pooler = [...tensors].flatMap(([name, array]) => {
      const own = /(dense\.(?:weight|bias))$/.exec(name)?.[1];
      return own === undefined ? [] : [[`bert.pooler.${own}`, array] as const];
    });
    await changed('bert', (arrays) => pooler.forEach(([name, array]) => arrays.set(name, array)));
    const { model } = await loadModel(folder, { architecture: 'BertModel' });
    expect(model).toBeInstanceOf(BertModel);
    model.dispose();
    await expect(loadModel(folder, { architecture: 'GPT2LMHeadModel' })).rejects.toThrow(/GPT2LMHeadModel/);
    expect(config.model_type).toBe('bert');
  });

  it('loads with config fields of the caller', async () => {
    const { model } = await loadModel<GPT2LMHeadModel>(golden('hf/gpt2'), { config: { attnPdrop: 0.25 } });
    expect(model.config.attnPdrop).toBe(0.25);
    model.dispose();
  });

  it('is rejected with all mismatches', async () => {
    const start = tf.memory().numTensors;
    await changed('gpt2', (arrays) => {
      arrays.delete('transformer.ln_f.bias');
      arrays.delete('transformer.h.0.ln_1.weight');
      arrays.set('transformer.h.0.extra', fromFloat32(Float32Array.of(1), [1]));
      arrays.set('lm_head.other', fromFloat32(Float32Array.of(1), [1]));
      arrays.set('transformer.h.0.ln_2.weight', fromFloat32(Float32Array.of(1, 2), [2]));
      arrays.set('transformer.h.0.ln_2.bias', {
        ...arrays.get('transformer.h.0.ln_2.bias')!,
        dtype: 'I32',
        data: new Int32Array(arrays.get('transformer.h.0.ln_2.bias')!.data.length),
      });
    });
    const message = await loadModel(folder).then(
      () => 'loaded',
      (error: Error) => error.message,
    );
    const width = goldenJson<{ n_embd: number }>('hf/gpt2/config.json').n_embd;
    expect(message.split('\n')[0]).toBe(
      `${join(folder, 'model.safetensors')}: the weights do not fit GPT2LMHeadModel with its config; nothing was loaded:`,
    );
    expect(message.split('\n').slice(1).sort()).toEqual(
      [
        '  lm_head.other is surplus: GPT2LMHeadModel has no such weight',
        '  transformer.h.0.extra is surplus: GPT2LMHeadModel has no such weight',
        '  transformer.h.0.ln_1.weight is missing',
        '  transformer.h.0.ln_2.bias has type I32, expected one of F32, F16, BF16, F64',
        `  transformer.h.0.ln_2.weight has shape [2], expected [${width}]`,
        '  transformer.ln_f.bias is missing',
      ].sort(),
    );
    expect(tf.memory().numTensors).toBe(start);
  });

  it('is rejected when its config asks for far more than the weights have', async () => {
    await changed('gpt2', () => undefined);
    const config = goldenJson<object>('hf/gpt2/config.json');
    const asks = async (sizes: object, message: string | RegExp): Promise<void> => {
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...sizes }));
      await expect(loadModel(folder)).rejects.toThrow(message);
    };
    await asks({ n_layer: 1e6 }, 'nLayer is 1000000. Expected a whole number from 1 to 1,024.');
    await asks({ n_layer: 1024 }, /: the config describes a model of more than \d+ weights/);
    await asks({ n_positions: 1e7 }, 'nPositions is 10000000. Expected a whole number');
    await asks({ n_positions: 2 ** 20, n_inner: 2 ** 24 }, /wpe\.weight has shape .*, expected \[1048576/);
  });

  it('reads Infinity and NaN in its JSON files', async () => {
    await changed('gpt2', () => undefined);
    const text = readFileSync(join(folder, 'config.json'), 'utf8').replace('{', '{"summary_x": Infinity,');
    writeFileSync(join(folder, 'config.json'), text);
    writeFileSync(join(folder, 'generation_config.json'), '{"top_k": 5, "max_time": -Infinity, "x": NaN}');
    const { model, generationConfig } = await loadModel(folder);
    model.dispose();
    expect(generationConfig).toEqual({ top_k: 5, max_time: -Infinity, x: NaN });
  });

  it('is rejected when tied weights differ', async () => {
    const start = tf.memory().numTensors;
    await changed('gpt2', (arrays) => {
      const table = arrays.get('transformer.wte.weight')!;
      arrays.set('lm_head.weight', { ...table, data: (table.data as Float32Array).slice().fill(1) });
    });
    await expect(loadModel(folder)).rejects.toThrow(
      /wte\.weight.* are tied in this model, but have different values/,
    );
    expect(tf.memory().numTensors).toBe(start);
  });

  it('is rejected when its architecture is not supported', async () => {
    copyFileSync(golden('hf/gpt2/model.safetensors'), join(folder, 'model.safetensors'));
    writeFileSync(
      join(folder, 'config.json'),
      '{"architectures": ["LlamaForCausalLM"], "model_type": "llama"}',
    );
    await expect(loadModel(folder)).rejects.toThrow(
      /LlamaForCausalLM.*Expected one of GPT2LMHeadModel, BertForMaskedLM, BertModel, BartFor.*, T5For/,
    );
    writeFileSync(join(folder, 'config.json'), '{');
    await expect(loadModel(folder)).rejects.toThrow(/config\.json: not JSON/);
    rmSync(join(folder, 'config.json'));
    // Without a config.json, the file is taken for a state dict of PyTorch, which GPT-2's files are not.
    await expect(loadModel(folder)).rejects.toThrow(
      /no defined model has weights with these names: transformer\.h\.0\.attn/,
    );
    const {
      n_embd: nEmbd,
      n_head: nHead,
      n_layer: nLayer,
      ...others
    } = goldenJson<Record<string, number>>('hf/gpt2/config.json');
    const sizes = { nEmbd, nHead, nLayer, nPositions: others.n_positions, vocabSize: others.vocab_size };
    const { model } = await loadModel(join(folder, 'model.safetensors'), {
      config: { type: 'gpt2', ...sizes },
    });
    expect((model as GPT2LMHeadModel).config).toMatchObject(sizes);
    model.dispose();
    rmSync(join(folder, 'model.safetensors'));
    await expect(loadModel(folder)).rejects.toThrow(
      /no weights found\. Expected model\.safetensors or .*\. Found nothing/,
    );
    await expect(loadModel(join(folder, 'none'))).rejects.toThrow(
      /none: not found\. Expected a run folder, a \.pt, .* or a name on the Hugging Face Hub\./,
    );
  });

  it('loads from the Hub by name', async () => {
    const hub = new FakeHub('tiny/gpt2');
    for (const file of ['config.json', 'generation_config.json', 'model.safetensors']) {
      hub.files.set(file, readFileSync(golden(`hf/gpt2/${file}`)));
    }
    vi.stubEnv('HF_ENDPOINT', await hub.start());
    vi.stubEnv('HF_HOME', folder);
    vi.stubEnv('HF_HUB_CACHE', undefined);
    vi.stubEnv('HF_HUB_OFFLINE', undefined);
    const files = new Set<string>();
    const there = await loadModel('tiny/gpt2', {
      onProgress: ({ file }: { file: string }) => files.add(file),
    });
    const here = await loadModel(golden('hf/gpt2'));
    expect(there.model.stateDict()).toEqual(here.model.stateDict());
    expect([...files]).toEqual(['config.json', 'generation_config.json', 'model.safetensors']);
    vi.unstubAllEnvs();
    await hub.stop();
    there.model.dispose();
    here.model.dispose();
  });
});

describe('a large matrix in bf16', () => {
  it('is read a few rows at a time, also when it is tied', async () => {
    const sizes = { vocabSize: 70_000, nEmbd: 64, nHead: 2, nLayer: 1, nPositions: 8 };
    const model = createModel({ type: 'gpt2', ...sizes }, new Random(2)) as GPT2LMHeadModel;
    await savePretrained(model, folder);
    const { tensors } = await readSafetensors(join(folder, 'model.safetensors'));
    const table = tensors.get('transformer.wte.weight')!;
    await writeSafetensors(join(folder, 'model.safetensors'), [...tensors, ['lm_head.weight', table]]);
    const { model: kept } = await loadModel<GPT2LMHeadModel>(folder, { dtype: 'bf16' });
    const values = kept.transformer.wte.weight.values();
    const expected = table.data as Float32Array;
    expect(values.every((value, i) => Math.abs(value - expected[i]) <= Math.abs(expected[i]) / 2 ** 8)).toBe(
      true,
    );
    expect(kept.lm_head.weight.isBf16).toBe(true);

    const other = { ...table, data: Float32Array.from(expected, (value) => 2 * value) };
    await writeSafetensors(join(folder, 'model.safetensors'), [...tensors, ['lm_head.weight', other]]);
    await expect(loadModel(folder, { dtype: 'bf16' })).rejects.toThrow(/are tied in this model/);
    model.dispose();
    kept.dispose();
  });
});

describe('a model of our own', () => {
  const settings = { vocabSize: 300, nEmbd: 16, nHead: 2, nLayer: 2, nPositions: 8 };

  it('is saved and loaded with its tokenizer', async () => {
    const model = createModel({ type: 'gpt2', ...settings }, new Random(3));
    const alphabet = Array.from({ length: 256 }, (_, i) => String.fromCodePoint(i + 0x100));
    const tokenizer = BpeTokenizer.fromJSON({
      added_tokens: [{ id: 256, content: '<|endoftext|>', special: true }],
      model: { type: 'BPE', vocab: Object.fromEntries(alphabet.map((one, id) => [one, id])), merges: [] },
    });
    await savePretrained(model, folder, { tokenizer });
    const loaded = await loadModel(folder);
    expect(loaded.model.stateDict()).toEqual(model.stateDict());
    expect(loaded.tokenizer!.toJSON()).toEqual(tokenizer.toJSON());
    expect(json(join(folder, 'tokenizer_config.json'))).toMatchObject({
      tokenizer_class: 'PreTrainedTokenizerFast',
      eos_token: '<|endoftext|>',
      model_max_length: 8,
    });
    expect((await loadModel(folder, { tokenizer: false })).tokenizer).toBeUndefined();
    loaded.model.dispose();
    model.dispose();
  });

  it('is saved as an equivalent architecture of Hugging Face, or rejected before writing', async () => {
    const nano = createModel(
      { type: 'nano-gpt', vocabSize: 300, dModel: 16, nHeads: 2, nLayers: 2, contextLength: 8, bias: false },
      new Random(3),
    ).eval();
    const tokenizer = CharTokenizer.fromText('abc');
    await savePretrained(nano, folder, { tokenizer });
    const loaded = await loadModel<GPT2LMHeadModel>(folder);
    expect([...loaded.tokenizer!.encode('cab')]).toEqual([2, 0, 1]);
    const ids = tf.tensor2d([1, 2, 3, 4], [1, 4], 'int32');
    const [ours, theirs] = [nano, loaded.model].map((model) => tf.tidy(() => model.forward(ids).dataSync()));
    const largest = Math.max(...ours.map(Math.abs));
    expect(Math.max(...ours.map((value, i) => Math.abs(value - theirs[i])))).toBeLessThan(1e-5 * largest);
    tf.dispose(ids);
    for (const one of [nano, loaded.model]) one.dispose();

    const other = createModel({ type: 'bigram', vocabSize: 3, dModel: 4 }, new Random(3));
    const nowhere = join(folder, 'nowhere');
    await expect(savePretrained(other, nowhere)).rejects.toThrow(
      /BigramLM: no architecture of Hugging Face's has its layers\. Expected one of .*nano-gpt, gpt2/,
    );
    await expect(loadModel(nowhere)).rejects.toThrow(/nowhere: not found/);
    await expect(loadModel(nowhere, { dType: 'bf16' } as never)).rejects.toThrow('Did you mean dtype?');
    await expect(savePretrained(other, nowhere, { tokeniser: 1 } as never)).rejects.toThrow(
      'Did you mean tokenizer?',
    );
    other.dispose();
  });
});
