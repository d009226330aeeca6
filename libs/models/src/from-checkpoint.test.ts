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
    expect(model.config).toEqual({ type: 'tiny-transformer', ...sizes, nHeads: 2 });
    model.dispose();
  });

  it('says what does not fit, and leaves no tensor', () => {
    const before = tf.memory().numTensors;
    const { nLayers: _, ...oneBlock } = sizes;
    const state = stateOf({ type: 'transformer', ...oneBlock });
    const load =
      (entries: object, weights = state) =>
      () =>
        modelFromCheckpoint(dict(Object.entries({ model_state_dict: dict(weights), ...entries })));

    expect(load({ vocab_size: 9, d_model: 4 })).toThrow('looks like a transformer model, but has no d_ff');
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
