// Every operation and its reference against PyTorch.
import { openEngine, tf } from '@lilformer/engine';
import { goldenJson, largestDifference, relativeDifference, tolerances } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { attentionReference } from './attention/attention.js';
import {
  adamStep,
  adamWStep,
  attention,
  clipByGlobalNorm,
  createAdamState,
  createSgdState,
  crossEntropy,
  gelu,
  layerNorm,
  linearCrossEntropy,
  rmsNorm,
  sgdStep,
} from './index.js';
import { activationReference } from './linear/activations.js';
import { crossEntropyReference } from './losses/cross-entropy.js';
import { layerNormReference, rmsNormReference } from './norms/norms.js';
import { GoldenTensors } from './testing/golden-tensors.js';
import { linearCrossEntropyReference } from './testing/references.js';

interface UnitConfig {
  layer_norm: Record<string, { eps: number }>;
  rms_norm: Record<string, { eps: number }>;
  cross_entropy: Record<string, { ignore_index?: number }>;
  optimizers: Record<string, unknown>;
  clip_grad_norm: { max_norm: number; groups: string[] };
}

interface OptimizerCase {
  kind: 'AdamW' | 'Adam' | 'SGD';
  lr: number;
  betas?: [number, number];
  eps?: number;
  weight_decay?: number;
  momentum?: number;
}

/** Gradients of sum(operation(...inputs) * cotangent). */
function pull(operation: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[], cotangent: tf.Tensor) {
  return tf.grads((...x: tf.Tensor[]) => tf.sum(tf.mul(operation(...x), cotangent)))(inputs);
}

function expectClose(actual: tf.Tensor, expected: Float32Array, limit = tolerances.output): void {
  expect(relativeDifference(actual.dataSync(), expected)).toBeLessThan(limit);
}

describe('operations against PyTorch', () => {
  const config = goldenJson<UnitConfig>('unit/config.json');

  describe('on this engine', () => {
    beforeAll(async () => {
      await openEngine();
    });

    const layerNorms = { layerNorm, layerNormReference };
    describe.each(Object.entries(layerNorms))('%s', (_, operation) => {
      it.each(['layer_norm', 'layer_norm_bert'])('%s', async (name) => {
        const file = await GoldenTensors.read(`unit/${name}.safetensors`);
        const normalise = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
          operation(x, w, b, config.layer_norm[name].eps);
        const inputs = ['x', 'weight', 'bias'].map((input) => file.tensor(input));
        expectClose(normalise(inputs[0], inputs[1], inputs[2]), file.numbers('output'));
        const gradients = pull(normalise as never, inputs, file.tensor('cotangent'));
        ['x', 'weight', 'bias'].forEach((input, i) =>
          expectClose(gradients[i], file.numbers(`grad.${input}`)),
        );
      });
    });

    const rmsNorms = { rmsNorm, rmsNormReference };
    describe.each(Object.entries(rmsNorms))('%s', (_, operation) => {
      it.each(['rms_norm', 'rms_norm_t5'])('%s', async (name) => {
        const file = await GoldenTensors.read(`unit/${name}.safetensors`);
        const normalise = (x: tf.Tensor, w: tf.Tensor) => operation(x, w, config.rms_norm[name].eps);
        const inputs = ['x', 'weight'].map((input) => file.tensor(input));
        expectClose(normalise(inputs[0], inputs[1]), file.numbers('output'));
        const gradients = pull(normalise as never, inputs, file.tensor('cotangent'));
        ['x', 'weight'].forEach((input, i) => expectClose(gradients[i], file.numbers(`grad.${input}`)));
      });
    });

    it.each([
      ['gelu_erf', gelu],
      ['gelu_erf', activationReference.gelu],
      ['gelu_tanh', (x: tf.Tensor) => gelu(x, 'tanh')],
      ['gelu_tanh', activationReference.geluTanh],
      ['relu', tf.relu],
      ['tanh', tf.tanh],
      ['sigmoid', tf.sigmoid],
    ])('activation %s, %o', async (name, operation) => {
      const file = await GoldenTensors.read('unit/activations.safetensors');
      const x = file.tensor('x');
      expectClose(operation(x), file.numbers(name), tolerances.elementwise);
      const [gradient] = pull(operation as never, [x], tf.onesLike(x));
      // TensorFlow's own tanh is the coarser one.
      expectClose(gradient, file.numbers(`grad.${name}`), tf.getBackend() === 'tensorflow' ? 5e-6 : 2e-6);
    });

    const attentions = { attention, attentionReference };
    describe.each(Object.entries(attentions))('%s', (_, operation) => {
      it.each(['attention_single', 'attention_multi'])('%s', async (name) => {
        const file = await GoldenTensors.read(`unit/${name}.safetensors`);
        const shape = file.array('q').shape;
        const heads = shape.length === 4 ? shape[1] : 1;
        // The file has [B, H, T, headDim]; the operation takes [B, T, C] with the heads side by side in C.
        const merge = (x: tf.Tensor): tf.Tensor =>
          x.rank === 3
            ? x
            : tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [x.shape[0], x.shape[2]!, heads * x.shape[3]!]);
        const inputs = ['q', 'k', 'v'].map((input) => merge(file.tensor(input)));
        const [q, k, v] = inputs;
        const shown = operation(q, k, v, { heads, causal: true, returnWeights: true });
        expectClose(shown.weights!, file.numbers('weights'));
        expectClose(shown.output, merge(file.tensor('output')).dataSync() as Float32Array);
        const output = (...x: tf.Tensor[]) => operation(x[0], x[1], x[2], { heads, causal: true }).output;
        expectClose(output(q, k, v), merge(file.tensor('output')).dataSync() as Float32Array);
        const gradients = pull(output, inputs, merge(file.tensor('cotangent')));
        ['q', 'k', 'v'].forEach((input, i) =>
          expectClose(gradients[i], merge(file.tensor(`grad.${input}`)).dataSync() as Float32Array),
        );
      });
    });

    // With the identity as weight the logits are x.
    const throughIdentity =
      (operation: typeof linearCrossEntropyReference): typeof crossEntropy =>
      (x, targets, options = {}) => {
        const { reduction, ignoreIndex } = options;
        if (reduction === 'none') return crossEntropyReference(x, targets, options);
        return operation(x, tf.eye(x.shape.at(-1)!), undefined, targets, { reduction, ignoreIndex });
      };
    const entropies = {
      crossEntropy,
      crossEntropyReference,
      linearCrossEntropy: throughIdentity(linearCrossEntropy),
      linearCrossEntropyReference: throughIdentity(linearCrossEntropyReference),
    };
    describe.each(Object.entries(entropies))('%s', (_, operation) => {
      it.each(['cross_entropy', 'cross_entropy_ignore_minus100', 'cross_entropy_ignore_pad'])(
        '%s',
        async (name) => {
          const file = await GoldenTensors.read(`unit/${name}.safetensors`);
          const ignoreIndex = config.cross_entropy[name]?.ignore_index;
          const logits = file.tensor('logits');
          const targets = file.ids('target');
          const mean = (x: tf.Tensor) => operation(x, targets, { ignoreIndex });
          expectClose(mean(logits), file.numbers('loss'));
          expectClose(tf.exp(mean(logits)), file.numbers('perplexity'));
          expectClose(operation(logits, targets, { ignoreIndex, reduction: 'sum' }), file.numbers('sum'));
          expectClose(
            operation(logits, targets, { ignoreIndex, reduction: 'none' }),
            file.numbers('per_token'),
          );
          expectClose(tf.grad(mean)(logits), file.numbers('grad.logits'));
        },
      );
    });

    const steppers = Object.entries(config.optimizers).filter(
      (entry): entry is [string, OptimizerCase] =>
        typeof entry[1] === 'object' && entry[1] !== null && 'kind' in entry[1],
    );
    it.each(steppers)('optimizer %s', async (name, { kind, lr, betas, eps, weight_decay, momentum }) => {
      const file = await GoldenTensors.read('unit/optimizers.safetensors');
      const [steps, size] = file.array('gradients').shape;
      const variable = tf.variable(file.tensor('start'));
      const options = {
        learningRate: lr,
        beta1: betas?.[0],
        beta2: betas?.[1],
        epsilon: eps,
        weightDecay: weight_decay,
        momentum,
      };
      const adamState = createAdamState([variable]);
      const sgdState = createSgdState([variable]);
      for (let step = 0; step < steps; step++) {
        const gradient = tf.tensor(file.numbers('gradients').slice(step * size, (step + 1) * size));
        if (kind === 'AdamW') adamWStep([variable], [gradient], adamState, options);
        else if (kind === 'Adam') adamStep([variable], [gradient], adamState, options);
        else sgdStep([variable], [gradient], sgdState, options);
        const expected = file.numbers(name).slice(step * size, (step + 1) * size);
        expect(largestDifference(variable.dataSync(), expected)).toBeLessThan(tolerances.elementwise);
      }
    });

    it.each(config.clip_grad_norm.groups)('clipping, group %s', async (group) => {
      const file = await GoldenTensors.read('unit/clip_grad_norm.safetensors');
      const before = [0, 1, 2].map((i) => file.tensor(`${group}.${i}.before`));
      const { norm, scale } = clipByGlobalNorm(before, config.clip_grad_norm.max_norm);
      expect(relativeDifference([norm], file.numbers(`${group}.norm`))).toBeLessThan(tolerances.elementwise);
      before.forEach((gradient, i) =>
        expectClose(tf.mul(gradient, scale), file.numbers(`${group}.${i}.after`), tolerances.elementwise),
      );
    });
  });
});
