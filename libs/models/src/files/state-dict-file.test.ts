// Recognizing models by the names and shapes of their weights. The checkpoints of the golden set load in golden.test.ts.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  fromFloat32,
  readSafetensors,
  writeSafetensors,
  type NamedArray,
  type PlainValue,
} from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { golden } from '@lilformer/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createModel, loadModel, modelDefinitions, LanguageModel, type ModelConfig } from '../index.js';
import { smallConfig } from '../testing/small-config.js';
import { openCheckpoint, recognizeModel } from './state-dict-file.js';

const folder = mkdtempSync(join(tmpdir(), 'lilformer-state-dict-'));
beforeAll(async () => {
  await openEngine();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A dict as `readPyTorch` returns it. */
function dict(entries: object): { [key: string]: PlainValue } {
  return Object.assign(Object.create(null) as object, entries) as { [key: string]: PlainValue };
}

function stateOf(config: ModelConfig): Map<string, NamedArray> {
  const model = createModel(config, new Random(1));
  const state = model.stateDict();
  model.dispose();
  return state;
}

/** The config that a checkpoint is recognized to have, with defaults filled in. */
function recognized(value: object, given: Record<string, unknown> = {}): unknown {
  const { definition, config } = recognizeModel(openCheckpoint(dict(value)), given);
  return definition.config.parse(config as never);
}

const sizes = { vocabSize: 9, dModel: 4, dFf: 6, nLayers: 2, contextLength: 5 };
const recorded = { vocab_size: 9, d_model: 4, d_ff: 6, n_layers: 2 };

describe('wrapped weights', () => {
  it.each<[string, (name: string) => string, string]>([
    ['torch.compile', (name) => `_orig_mod.${name}`, '"_orig_mod."'],
    ['DataParallel of a compiled model', (name) => `module._orig_mod.${name}`, '"_orig_mod." and "module."'],
    ['Lightning', (name) => `model.${name}`, '"model."'],
    ['a wrapper of our own in another', (name) => `trainer.net.${name}`, '"trainer." and "net."'],
    ['compiled parts', (name) => name.replace('h.0.', 'h.0._orig_mod.'), '"_orig_mod."'],
    ['FSDP', (name) => name.replace('attn.', '_fsdp_wrapped_module.attn.'), '"_fsdp_wrapped_module."'],
  ])('removes the prefixes of %s, with a warning', async (_, wrap, prefixes) => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const state = stateOf({
      type: 'nano-gpt',
      vocabSize: 9,
      dModel: 4,
      nHeads: 2,
      nLayers: 2,
      contextLength: 5,
    });
    const path = join(folder, 'wrapped.safetensors');
    await writeSafetensors(
      path,
      [...state].map(([name, array]) => [wrap(name), array] as const),
    );
    const { model } = await loadModel(path, { config: { nHeads: 2 } });
    const loaded = new Map(model.stateDict());
    for (const [name, { data }] of state) expect(loaded.get(name)!.data).toEqual(data);
    expect(warn.mock.calls).toEqual([[`${path}: removed ${prefixes} from the names of the weights.`]]);
    warn.mockRestore();
    model.dispose();
  });

  it('removes the prefixes of wrappers in a folder of Hugging Face, with a warning', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const { tensors } = await readSafetensors(golden('hf/gpt2/model.safetensors'));
    const here = mkdtempSync(join(folder, 'hf-'));
    copyFileSync(golden('hf/gpt2/config.json'), join(here, 'config.json'));
    const wrapped = [...tensors].map(([name, array]) => [`module._orig_mod.${name}`, array] as const);
    await writeSafetensors(join(here, 'model.safetensors'), wrapped);
    const { model } = await loadModel(here);
    const loaded = model.stateDict();
    for (const [name, { data }] of tensors) expect(loaded.get(name)!.data).toEqual(data);
    expect(warn.mock.calls[0][0]).toMatch(
      /removed "module\." and "_orig_mod\." from the names of the weights\.$/,
    );
    warn.mockRestore();
    model.dispose();
  });
});

describe('recognizeModel', () => {
  const types = [...modelDefinitions().values()].filter(({ stateDict }) => stateDict).map(({ type }) => type);

  it.each(types)('recognizes a bare state dict of %s and reads its sizes from shapes', (type) => {
    const small = smallConfig(type);
    const definition = modelDefinitions().get(type)!;
    const state = stateOf(small);
    // A state dict of one head has the names of one of several.
    const expected =
      type === 'stacked-transformer' ? { ...small, type: 'multi-head-transformer', nHeads: 1 } : small;
    const { nHeads } = expected as { nHeads?: number };
    // The code that has these names scales attention by the width.
    const scale = type === 'char-gpt' ? { attentionScale: 'width' } : {};
    const config = recognized(Object.fromEntries(state), nHeads === undefined ? {} : { nHeads });
    const parse = modelDefinitions().get(expected.type)!.config.parse;
    expect(config).toEqual(parse({ ...expected, ...scale } as never));
    expect(definition.create(small as never, new Random(0))).toBeInstanceOf(LanguageModel);
  });

  it('asks for the number of heads when they share one matrix', () => {
    const state = Object.fromEntries(stateOf(smallConfig('tied-transformer')));
    expect(() => recognized(state)).toThrow(
      'these weights are of a tied-transformer model, but do not determine nHeads. Expected config: { nHeads: … }.',
    );
  });

  it('tells one head from several by the recorded sizes, as the weights have the same names', () => {
    const state = dict(Object.fromEntries(stateOf({ type: 'multi-head-transformer', ...sizes, nHeads: 2 })));
    expect(recognized({ model_state_dict: state, ...recorded })).toEqual({
      type: 'stacked-transformer',
      ...sizes,
    });
    expect(recognized({ model_state_dict: state, ...recorded, n_heads: 2 })).toEqual({
      ...{ type: 'multi-head-transformer', ...sizes, nHeads: 2 },
    });
  });

  it('takes fields of the caller first, then shapes, then recorded fields', () => {
    const state = Object.fromEntries(stateOf(smallConfig('char-gpt')));
    const file = { model: dict(state), model_args: dict({ n_embd: 1000, dropout: 0.3 }) };
    expect(recognized(file)).toMatchObject({ dModel: 8, dropout: 0.3, attentionScale: 'width' });
    expect(recognized(file, { dropout: 0.2, attentionScale: 'head' })).toMatchObject({
      ...{ dModel: 8, dropout: 0.2, attentionScale: 'head' },
    });
  });

  it('removes the prefixes of torch.compile and DataParallel', () => {
    const state = [...stateOf(smallConfig('gru'))];
    const wrapped = Object.fromEntries(state.map(([name, array]) => [`module._orig_mod.${name}`, array]));
    expect(recognized(wrapped)).toEqual(smallConfig('gru'));
  });

  it('names the weights that no model has', () => {
    const unknown = { 'lstm.weight_ih_l0': fromFloat32(new Float32Array(2), [2]) };
    expect(() => recognized(unknown)).toThrow(
      'no defined model has weights with these names: lstm.weight_ih_l0',
    );
    expect(() => openCheckpoint(3)).toThrow(/checkpoint/);
  });
});

describe('loadModel', () => {
  it('names every weight of a safetensors file that does not fit, and leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const state = stateOf(smallConfig('transformer'));
    state.delete('ln_final.weight');
    state.set('block.ln1.weight', fromFloat32(new Float32Array(3), [3]));
    const path = join(folder, 'broken.safetensors');
    await writeSafetensors(path, state);
    const error = (await loadModel(path).catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toContain(`${path}: the weights do not fit TransformerLM with its config`);
    expect(error.message).toContain('block.ln1.weight has shape [3], expected [8]');
    expect(error.message).toContain('ln_final.weight is missing');
    expect(tf.memory().numTensors).toBe(before);
  });
});
