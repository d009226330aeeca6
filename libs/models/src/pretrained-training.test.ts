// The pretrained families learn: gradients are the slopes of the loss, a batch is learnt with dropout, GPT-2 learns a real
// text. On one engine; variants.test.ts compares gradients with transformers' on all of them.
import { openEngine, tf } from '@lilformer/engine';
import { adamWStep, createAdamState } from '@lilformer/ops';
import { Random } from '@lilformer/random';
import { tinyShakespeare } from '@lilformer/testing';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GPT2LMHeadModel } from './index.js';
import { lossOf, type Trainable } from './testing/family-loss.js';
import { tensors } from './testing/golden-case.js';
import { expectGradients, expectToLearn, pretrainedCase, read } from './testing/hugging-face-case.js';

beforeAll(async () => {
  await openEngine();
});

const families = ['gpt2', 'bert', 'bart', 't5'];
describe('small pretrained models', () => {
  it.each(families)('%s has a gradient of every parameter, and learns with dropout', async (family) => {
    const before = tf.memory().numTensors;
    const model = await pretrainedCase<Trainable>(`hf/${family}`);
    const { loss, dispose } = lossOf(model, await tensors(`hf/${family}`, 'io.safetensors'));
    expectGradients(model, loss);
    expectToLearn(model, loss);
    dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

const text = tinyShakespeare;
describe('GPT-2', () => {
  it('learns a text, with the dropout of its config', async () => {
    const pupil = await pretrainedCase<GPT2LMHeadModel>('hf/gpt2');
    const letters = readFileSync(text, 'latin1').slice(0, 20_000);
    const { vocabSize, nPositions: contextLength } = pupil.config;
    const random = new Random(5);
    const windows = (count: number): [tf.Tensor2D, tf.Tensor2D] => {
      const shape: [number, number] = [count, contextLength];
      const starts = Array.from({ length: count }, () => random.integer(letters.length - contextLength - 1));
      const from = (by: number): tf.Tensor2D => {
        const codes = starts.flatMap((start) =>
          Array.from({ length: contextLength }, (_, i) => letters.charCodeAt(start + by + i) % vocabSize),
        );
        return tf.tensor2d(codes, shape, 'int32');
      };
      return [from(0), from(1)];
    };
    const held = windows(8);
    const score = (): number => pupil.evaluating(() => read(pupil.loss(...held)).data[0]);
    const untrained = score();
    pupil.train();
    const variables = Array.from(pupil.namedParameters(), ([, { variable }]) => variable);
    const state = createAdamState(variables);
    for (let step = 0; step < 40; step++) {
      tf.tidy(() => {
        const batch = windows(4);
        const { grads } = tf.variableGrads(() => pupil.loss(...batch), variables);
        adamWStep(
          variables,
          variables.map(({ name }) => grads[name]),
          state,
          { learningRate: 3e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01 },
        );
      });
    }
    expect(pupil.transformer.drop.counter).toBe(40);
    expect(score()).toBeLessThan(0.75 * untrained);
    pupil.dispose();
    tf.dispose(held);
  });
});
