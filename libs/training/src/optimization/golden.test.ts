// Five updates with gradients, clipping and optimizer of this library equal PyTorch's.
import { readSafetensors, toFloat32, type NamedArray } from '@lilformer/checkpoints';
import type { Batch } from '@lilformer/datasets';
import { openEngine, tf } from '@lilformer/engine';
import { createModel, type ModelConfig } from '@lilformer/models';
import { clipByGlobalNorm } from '@lilformer/ops';
import { Random } from '@lilformer/random';
import { golden, goldenJson, largestDifference, relativeDifference, tolerances } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { lossAndGradients } from './gradients.js';
import { createOptimizer } from './optimizer.js';

const CASES: Record<string, string> = {
  'evolution/03_bigram': 'bigram',
  'evolution/04_attention': 'attention',
  'evolution/05_positional': 'positional-attention',
  'evolution/06_ffn': 'attention-ffn',
  'evolution/07_transformer_block': 'transformer',
  'evolution/08_stacked': 'stacked-transformer',
  'evolution/09_multihead': 'multi-head-transformer',
  'evolution/10_moe': 'moe-transformer',
  tiny_transformer: 'tiny-transformer',
  'recurrent/simple_rnn': 'simple-rnn',
  'recurrent/multi_layer_rnn': 'multi-layer-rnn',
  'recurrent/gru_lm': 'gru',
  nano_gpt: 'tied-transformer',
  char_gpt: 'char-gpt',
};

const SIZES: Record<string, string> = {
  vocab_size: 'vocabSize',
  d_model: 'dModel',
  n_embd: 'dModel',
  n_embed: 'dModel',
  embed_size: 'embedSize',
  hidden_size: 'hiddenSize',
  d_ff: 'dFf',
  n_layers: 'nLayers',
  n_layer: 'nLayers',
  num_layers: 'nLayers',
  n_heads: 'nHeads',
  n_head: 'nHeads',
  n_experts: 'nExperts',
  max_seq_len: 'contextLength',
  block_size: 'contextLength',
};

interface CaseConfig {
  arguments: Record<string, number>;
  training: {
    lr: number;
    betas: [number, number];
    eps: number;
    weight_decay: number;
    grad_clip_norm: number | null;
  };
  loss_scale?: number;
}

const numbers = (array: NamedArray) => Int32Array.from(array.data as BigInt64Array | Int32Array, Number);

/** The case's model and batch. */
async function load(folder: string, type: string) {
  const config = goldenJson<CaseConfig>(`${folder}/config.json`);
  // The references are without dropout.
  const given = Object.entries(config.arguments).filter(([name]) => name !== 'dropout');
  const sizes = given.map(([name, value]) => [SIZES[name], value] as const);
  const scale = type === 'char-gpt' ? { attentionScale: 'width' } : {};
  const settings = { type, ...Object.fromEntries(sizes), ...scale } as ModelConfig;
  const model = createModel(settings, new Random(0));
  model.loadStateDict((await readSafetensors(golden(`${folder}/weights.safetensors`))).tensors);
  const io = (await readSafetensors(golden(`${folder}/io.safetensors`))).tensors;
  const [rows, length] = io.get('input_ids')!.shape;
  const inputs = numbers(io.get('input_ids')!);
  const batch: Batch = { inputs, targets: numbers(io.get('targets')!), batch: rows, length };
  return { config, model, io, batch };
}

/**
 * Losses and norms of five updates on one batch: `losses[i]` before update i, and one more at the end.
 *
 * @param lossScale the gradients are clipped as if the loss were so many times as large, and not scaled back
 */
async function fiveUpdates(
  folder: string,
  type: string,
  { lossScale = 1, rule = 'adamw' }: { lossScale?: number; rule?: 'adamw' | 'adam' } = {},
) {
  const { config, model, io, batch } = await load(folder, type);
  const { lr, betas, eps, weight_decay, grad_clip_norm } = config.training;
  const parameters = new Map(model.namedParameters());
  const optimizer = createOptimizer(
    { type: rule, betas, eps, weightDecay: rule === 'adamw' ? weight_decay : 0 },
    parameters,
  );
  const losses: number[] = [];
  const norms: number[] = [];
  for (let update = 0; update <= 5; update++) {
    const { loss, gradients } = lossAndGradients(model, parameters, [batch]);
    losses.push(loss);
    const limit = (grad_clip_norm ?? Infinity) / lossScale;
    const { norm, scale } = clipByGlobalNorm([...gradients.values()], limit);
    norms.push(norm);
    if (update < 5) optimizer.step(gradients, { learningRate: lr, gradientScale: scale });
    tf.dispose([...gradients.values()]);
  }
  const trained = model.stateDict();
  model.dispose();
  return { io, losses, norms, trained };
}

describe('on this engine', () => {
  beforeAll(async () => {
    await openEngine();
  });

  for (const [folder, type] of Object.entries(CASES)) {
    describe(folder, () => {
      it('five updates have the losses, norms and weights of PyTorch', async () => {
        const { io, losses, norms, trained } = await fiveUpdates(folder, type);
        expect(relativeDifference(losses.slice(0, 1), toFloat32(io.get('loss')!))).toBeLessThan(
          tolerances.output,
        );
        expect(relativeDifference(losses.slice(1), toFloat32(io.get('losses')!))).toBeLessThan(
          tolerances.output,
        );
        expect(relativeDifference(norms.slice(0, 5), toFloat32(io.get('grad_norms')!))).toBeLessThan(
          tolerances.output,
        );
        const { tensors } = await readSafetensors(golden(`${folder}/trained.safetensors`));
        for (const [name, array] of tensors) {
          const difference = largestDifference(toFloat32(trained.get(name)!), toFloat32(array));
          expect([name, difference < tolerances.trainedWeights ? 'close' : difference]).toEqual([
            name,
            'close',
          ]);
        }
      });

      // The recurrent notebook trains these with Adam.
      if (folder.startsWith('recurrent/') || folder === 'nano_gpt') {
        it('five updates of Adam have the losses of PyTorch', async () => {
          const { io, losses } = await fiveUpdates(folder, type, { rule: 'adam' });
          expect(relativeDifference(losses.slice(1), toFloat32(io.get('losses_adam')!))).toBeLessThan(
            tolerances.output,
          );
        });
      }
    });
  }

  // A run with 16-bit floats that clips before it scales back has gradients of norm 1/65536 at most. The
  // loop here knows no such scale; clipping at limit / scale is the same thing.
  describe('tiny_transformer, clipped at a scaled limit', () => {
    it('five updates have the losses of PyTorch', async () => {
      const { loss_scale } = goldenJson<CaseConfig>('tiny_transformer/config.json');
      const { io, losses } = await fiveUpdates('tiny_transformer', 'tiny-transformer', {
        lossScale: loss_scale,
      });
      const expected = toFloat32(io.get('losses_scaled_clip')!);
      expect(relativeDifference(losses.slice(1), expected)).toBeLessThan(tolerances.output);
    });
  });
});

const clipFile = golden('unit/clip_grad_norm.safetensors');
describe('clipping by global norm', () => {
  const { groups, max_norm } = goldenJson<{ clip_grad_norm: { groups: string[]; max_norm: number } }>(
    'unit/config.json',
  ).clip_grad_norm;

  it.each(groups)('group %s', async (group) => {
    await openEngine();
    const { tensors } = await readSafetensors(clipFile);
    tf.tidy(() => {
      const before = [...tensors].filter(
        ([name]) => name.startsWith(`${group}.`) && name.endsWith('.before'),
      );
      expect(before.length).toBeGreaterThan(0);
      const gradients = before.map(([, array]) => tf.tensor(toFloat32(array), [...array.shape]));
      const { norm, scale } = clipByGlobalNorm(gradients, max_norm);
      const expectedNorm = toFloat32(tensors.get(`${group}.norm`)!)[0];
      expect(Math.abs(norm - expectedNorm)).toBeLessThanOrEqual(tolerances.elementwise * expectedNorm);
      before.forEach(([name], i) => {
        const after = toFloat32(tensors.get(name.replace('.before', '.after'))!);
        expect(relativeDifference(tf.mul(gradients[i], scale).dataSync(), after)).toBeLessThan(
          tolerances.elementwise,
        );
      });
    });
  });
});
