// The checkpoints of the golden set load in golden.test.ts; here is what happens with others.
import { fromFloat32, type NamedArray, type PlainValue } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { createModel, modelFromCheckpoint, type AnyModelConfig } from './index.js';

beforeAll(async () => {
  await openEngine();
});

/** A dictionary as `readPyTorch` gives it. */
function dict(entries: Iterable<readonly [string, PlainValue]>): { [key: string]: PlainValue } {
  return Object.assign(Object.create(null) as object, Object.fromEntries(entries));
}

function stateOf(config: AnyModelConfig): Map<string, NamedArray> {
  const model = createModel(config, new Random(1));
  const state = model.stateDict();
  model.dispose();
  return state;
}

const sizes = { vocabSize: 9, dModel: 4, dFf: 6, nLayers: 2, contextLength: 5 };
const names = { vocab_size: 9, d_model: 4, d_ff: 6, n_layers: 2 };

describe('modelFromCheckpoint', () => {
  it('tells one head from several by the sizes alone, as the weights have the same names', () => {
    const state = stateOf({ type: 'multi-head-transformer', ...sizes, nHeads: 2 });
    const checkpoint = { model_state_dict: dict(state), ...names };
    const stacked = modelFromCheckpoint(dict(Object.entries(checkpoint)));
    const several = modelFromCheckpoint(dict(Object.entries({ ...checkpoint, n_heads: 2 })));
    expect(stacked.model.config).toEqual({ type: 'stacked-transformer', ...sizes });
    expect(several.model.config).toEqual({ type: 'multi-head-transformer', ...sizes, nHeads: 2 });
    expect(several.model.stateDict()).toEqual(state);
    expect(several.history).toEqual({});
    stacked.model.dispose();
    several.model.dispose();
  });

  it('knows TinyTransformerLM, too', () => {
    const state = stateOf({ type: 'tiny-transformer', ...sizes, nHeads: 2 });
    const checkpoint = dict(Object.entries({ model_state_dict: dict(state), ...names, n_heads: 2 }));
    const { model } = modelFromCheckpoint(checkpoint);
    expect(model.config).toEqual({ type: 'tiny-transformer', ...sizes, nHeads: 2, positions: 'sinusoids' });
    model.dispose();
  });

  it('reads sizes off the weights where nobody says them', () => {
    const recurrent = { vocabSize: 9, embedSize: 4, hiddenSize: 5 };
    const gpt = { vocabSize: 9, dModel: 4, nHeads: 2, nLayers: 3, contextLength: 5 };
    const configs: AnyModelConfig[] = [
      { type: 'bigram', vocabSize: 9, dModel: 4 },
      { type: 'attention-ffn', vocabSize: 9, dModel: 4, dFf: 6, contextLength: 5 },
      { type: 'simple-rnn', ...recurrent },
      { type: 'multi-layer-rnn', ...recurrent, nLayers: 3 },
      { type: 'gru', ...recurrent },
      { type: 'char-gpt', ...gpt, dropout: 0, attentionScale: 'width' },
    ];
    for (const config of configs) {
      const { model } = modelFromCheckpoint(dict(stateOf(config)));
      expect(model.config).toEqual(config);
      model.dispose();
    }
    const charGpt = dict(stateOf(configs.at(-1)!));
    const settings = { dropout: 0.2, attentionScale: 'head' };
    const { model } = modelFromCheckpoint(charGpt, { settings });
    expect(model.config).toEqual({ ...configs.at(-1), ...settings });
    model.dispose();
  });

  it('asks for the number of heads where their weights are in one', () => {
    const config = {
      type: 'nano-gpt',
      vocabSize: 9,
      dModel: 4,
      nHeads: 2,
      nLayers: 3,
      contextLength: 5,
      attention: 'fused',
    } as const;
    const state = dict(stateOf(config));
    expect(() => modelFromCheckpoint(state)).toThrow(
      'looks like a nano-gpt model, but has no n_heads or n_head; give it as settings: { nHeads: … }',
    );
    const { model } = modelFromCheckpoint(state, { settings: { nHeads: 2 } });
    expect(model.config).toEqual(config);
    model.dispose();
    const several = { type: 'multi-head-transformer', ...sizes, nHeads: 2 } as const;
    const names = dict(stateOf(several));
    expect(() => modelFromCheckpoint(names)).toThrow('has no n_heads or n_head');
    const loaded = modelFromCheckpoint(names, { settings: { nHeads: 2 } });
    expect(loaded.model.config).toEqual(several);
    loaded.model.dispose();
  });

  it('says what does not fit, and leaves no tensor', () => {
    const before = tf.memory().numTensors;
    const { nLayers: _, ...oneBlock } = sizes;
    const state = stateOf({ type: 'transformer', ...oneBlock });
    const load =
      (entries: object, weights = state) =>
      () =>
        modelFromCheckpoint(dict(Object.entries({ model_state_dict: dict(weights), ...entries })));

    expect(load({ vocab_size: 9, d_model: 4, d_ff: 'six' })).toThrow(
      'transformer: dFf six: expected a whole number',
    );
    expect(load({ vocab_size: 9, d_model: 4, d_ff: 7 })).toThrow(
      'block.ffn.linear1.weight has shape [6, 4], expected [7, 4]',
    );
    const unknown = new Map([['lstm.weight_ih_l0', fromFloat32(new Float32Array(2), [2])]]);
    expect(load(names, unknown)).toThrow('no model here has weights of these names: lstm.weight_ih_l0');
    expect(() => modelFromCheckpoint(3)).toThrow(/checkpoint/);
    expect(tf.memory().numTensors).toBe(before);
  });
});
