// The models against PyTorch: outputs, intermediate values, gradients, five training steps, greedy generation.
import { readPyTorch } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { Capture } from '@lilformer/layers';
import { adamStep, adamWStep, clipByGlobalNorm, createAdamState } from '@lilformer/ops';
import { golden, largestDifference, relativeDifference, tolerances } from '@lilformer/testing';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from './files/state-dict-file.js';
import { loadModel, RecurrentLM, type LanguageModel } from './index.js';
import {
  caseConfig,
  caseModel,
  CASES,
  floats,
  idTensor,
  integers,
  tensors,
  type CaseConfig,
} from './testing/golden-case.js';

describe('models', () => {
  beforeAll(async () => {
    await openEngine();
  });

  for (const [folder, ownName] of CASES) {
    describe(folder, () => {
      const config = caseConfig(folder);
      let model: LanguageModel;
      let io: Awaited<ReturnType<typeof tensors>>;
      let ids: tf.Tensor2D;
      let targets: tf.Tensor2D;
      let start: number;

      beforeAll(async () => {
        start = tf.memory().numTensors;
        model = (await caseModel(folder)).eval(); // the references are without dropout
        io = await tensors(folder, 'io.safetensors');
        ids = idTensor(io.get('input_ids'));
        targets = idTensor(io.get('targets'));
        model.loadStateDict(await tensors(folder, 'weights.safetensors'));
      });

      afterAll(() => {
        model.dispose();
        tf.dispose([ids, targets]);
        expect(tf.memory().numTensors).toBe(start);
      });

      it('has the parameters and names of the reference', async () => {
        expect(model.constructor.name).toBe(ownName ?? config.model);
        expect(model.parameterCount()).toBe(config.parameters);
        const weights = await tensors(folder, 'weights.safetensors');
        expect(model.stateDict().size).toBe(weights.size);
        for (const [name, { dtype, shape }] of model.stateDict()) {
          expect([name, dtype, shape]).toEqual([name, weights.get(name)?.dtype, weights.get(name)?.shape]);
        }
      });

      it('computes the logits, loss and intermediate values of the reference', () => {
        const capture = new Capture();
        const captured = model.forward(ids, { capture });
        expect(relativeDifference(captured.dataSync(), floats(io.get('logits')))).toBeLessThan(
          tolerances.output,
        );
        const plain = model.forward(ids);
        expect(relativeDifference(plain.dataSync(), floats(io.get('logits')))).toBeLessThan(
          tolerances.output,
        );
        const loss = model.loss(ids, targets);
        expect(relativeDifference(loss.dataSync(), floats(io.get('loss')))).toBeLessThan(tolerances.output);
        tf.dispose([captured, plain, loss]);

        const inner = [...io.keys()].filter((name) => /^(attn|hidden|route|router_probs)\./.test(name));
        // The hidden states of recurrent models are compared in recurrent.test.ts.
        if (!(model instanceof RecurrentLM)) expect([...capture.keys()].sort()).toEqual(inner.sort());
        for (const name of inner) {
          const { shape, data } = capture.get(name)!;
          expect([name, shape]).toEqual([name, io.get(name)!.shape]);
          if (name.startsWith('route.')) expect(Array.from(data)).toEqual(integers(io.get(name)));
          else
            expect([name, relativeDifference(data, floats(io.get(name))) < tolerances.output]).toEqual([
              name,
              true,
            ]);
        }
      });

      it('computes the gradient of every parameter', () => {
        const before = tf.memory().numTensors;
        const { value, grads } = gradients(model, ids, targets);
        const names = [...model.namedParameters()].map(([name]) => name);
        expect(names.filter((name) => !grads.has(name))).toEqual(config.without_gradient);
        for (const [name, gradient] of grads) {
          const difference = relativeDifference(gradient.dataSync(), floats(io.get(`grad.${name}`)));
          expect([name, difference < tolerances.output ? 'close' : difference]).toEqual([name, 'close']);
        }
        for (const [first, second] of config.tied) {
          expect([grads.has(first), grads.has(second)]).toEqual([true, false]); // one parameter
          expect(floats(io.get(`grad.${first}`))).toEqual(floats(io.get(`grad.${second}`)));
        }
        tf.dispose([value, ...grads.values()]);
        expect(tf.memory().numTensors).toBe(before);
      });

      it('matches the reference over five AdamW steps', async () => {
        const losses = train(model, ids, targets, config.training);
        expect(relativeDifference(losses, floats(io.get('losses')))).toBeLessThan(tolerances.output);
        const trained = await tensors(folder, 'trained.safetensors');
        const weights = [...model.stateDict()].filter(([, { dtype }]) => dtype !== 'BOOL'); // without masks
        expect(weights.map(([name]) => name).sort()).toEqual([...trained.keys()].sort());
        for (const [name, array] of weights) {
          const values = array.data as Float32Array;
          // Without an effect on the output, so that its updates are rounding errors; 0 in the reference.
          if (name.endsWith('.c_attn.bias')) values.fill(0, values.length / 3, (2 * values.length) / 3);
          const difference = largestDifference(values, floats(trained.get(name)));
          expect([name, difference < tolerances.trainedWeights ? 'close' : difference]).toEqual([
            name,
            'close',
          ]);
        }
        model.loadStateDict(await tensors(folder, 'weights.safetensors'));
      });

      if (config.loss_scale !== undefined) {
        it('matches the reference with gradients clipped before they are unscaled', async () => {
          const losses = train(model, ids, targets, config.training, { scale: config.loss_scale });
          expect(relativeDifference(losses, floats(io.get('losses_scaled_clip')))).toBeLessThan(
            tolerances.output,
          );
          model.loadStateDict(await tensors(folder, 'weights.safetensors'));
        });
      }

      // The recurrent notebook trains these with Adam.
      if (folder.startsWith('recurrent/') || folder === 'nano_gpt') {
        it('matches the reference over five Adam steps', async () => {
          const losses = train(model, ids, targets, config.training, { rule: 'adam' });
          expect(relativeDifference(losses, floats(io.get('losses_adam')))).toBeLessThan(tolerances.output);
          model.loadStateDict(await tensors(folder, 'weights.safetensors'));
        });
      }

      it('generates the same tokens greedily', async () => {
        const generation = await tensors(folder, 'generation.safetensors');
        const expected = integers(generation.get('greedy_ids'));
        const prompt = integers(generation.get('prompt') ?? generation.get('start_token'));
        const window = config.generation.window ?? model.contextLength;
        const sequence = [...prompt];
        const rows: number[] = [];
        const best: number[] = [];
        while (sequence.length < expected.length) {
          const logits = lastLogits(model, sequence.slice(-window));
          rows.push(...logits);
          const order = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a]);
          best.push(...order.slice(0, 5));
          sequence.push(order[0]);
        }
        expect(sequence).toEqual(expected);
        expect(relativeDifference(rows, floats(generation.get('step_logits')))).toBeLessThan(
          tolerances.output,
        );
        const hasTop5 = folder === 'char_gpt' || folder === 'tiny_transformer';
        expect(generation.has('top5_ids')).toBe(hasTop5);
        if (hasTop5) expect(best).toEqual(integers(generation.get('top5_ids')));
      });

      it.each(readdirSync(golden(folder)).filter((file) => /\.pt$|^weights\.safetensors$/.test(file)))(
        'loads from %s',
        async (file) => {
          const path = golden(`${folder}/${file}`);
          const sized = /checkpoint|ckpt/.test(file); // records the sizes
          const { nHeads = 1 } = model.config as { nHeads?: number };
          // A bare state dict does not determine the number of heads of packed projections.
          const shared = !sized && /stacked|multihead|moe|tiny|nano/.test(folder);
          const config = shared ? { nHeads } : {};
          const loaded = await loadModel<LanguageModel>(path, { tokenizer: false, config });
          expect(loaded.source).toEqual({ kind: 'state-dict', path });
          if (sized) expect(loaded.model.config).toEqual(model.config);
          if (file === 'training_checkpoint.pt' || file === 'ckpt.pt') {
            const loss = loaded.model.loss(ids, targets);
            expect(relativeDifference(loss.dataSync(), floats(io.get('losses')).slice(-1))).toBeLessThan(
              tolerances.output,
            );
            loss.dispose();
            for (const [name, array] of await tensors(folder, 'trained.safetensors')) {
              expect([name, loaded.model.stateDict().get(name)]).toEqual([name, array]);
            }
          } else {
            expect(loaded.model.stateDict()).toEqual(model.stateDict());
            const logits = loaded.model.forward(ids);
            expect(relativeDifference(logits.dataSync(), floats(io.get('logits')))).toBeLessThan(
              tolerances.output,
            );
            logits.dispose();
          }
          if (file.endsWith('.pt')) {
            const { weights, history } = openCheckpoint(await readPyTorch(path));
            // In PyTorch's order of registration, without the prefix of torch.compile.
            const names = [...weights.keys()].map((name) => name.replace('_orig_mod.', ''));
            expect([...loaded.model.stateDict().keys()]).toEqual(names);
            const { train_loss, val_loss = [], val_perplexity = [] } = history;
            expect(train_loss).toEqual(file === 'checkpoint.pt' ? [4.25, 3.5] : undefined);
            const perplexities = val_loss.map(Math.exp);
            expect(val_perplexity.length).toBe(perplexities.length);
            expect(relativeDifference(val_perplexity, perplexities)).toBeLessThan(1e-15);
            expect(loaded.recorded?.perplexity).toBe(val_perplexity.at(-1));
          }
          loaded.model.dispose();
        },
      );
    });
  }
});

/** Loss, and gradients by parameter name; parameters without a gradient are absent. */
function gradients(
  model: LanguageModel,
  ids: tf.Tensor2D,
  targets: tf.Tensor2D,
): { value: tf.Scalar; grads: Map<string, tf.Tensor> } {
  const parameters = [...model.namedParameters()];
  const { value, grads } = tf.variableGrads(
    () => model.loss(ids, targets),
    parameters.map(([, { variable }]) => variable),
  );
  const byName = parameters.flatMap(([name, { variable }]): [string, tf.Tensor][] =>
    variable.name in grads ? [[name, grads[variable.name]]] : [],
  );
  return { value, grads: new Map(byName) };
}

/** The loss after each of five updates on one batch. `scale` multiplies the gradients while they are clipped. */
function train(
  model: LanguageModel,
  ids: tf.Tensor2D,
  targets: tf.Tensor2D,
  training: CaseConfig['training'],
  { scale = 1, rule = 'adamw' }: { scale?: number; rule?: 'adamw' | 'adam' } = {},
): number[] {
  const parameters = [...model.namedParameters()];
  const variables = parameters.map(([, { variable }]) => variable);
  const state = createAdamState(variables);
  return Array.from({ length: 5 }, () =>
    tf.tidy(() => {
      const { grads } = gradients(model, ids, targets);
      const inOrder = parameters.map(([name]) => grads.get(name) ?? null);
      const limit = training.grad_clip_norm;
      const update = rule === 'adamw' ? adamWStep : adamStep;
      update(variables, inOrder, state, {
        learningRate: training.lr,
        beta1: training.betas[0],
        beta2: training.betas[1],
        epsilon: training.eps,
        weightDecay: rule === 'adamw' ? training.weight_decay : 0,
        gradientScale: limit === null ? 1 : clipByGlobalNorm(inOrder, limit / scale).scale,
      });
      return model.loss(ids, targets).dataSync()[0];
    }),
  );
}

/** Logits of the last position. */
function lastLogits(model: LanguageModel, sequence: number[]): Float32Array {
  return tf.tidy(() => {
    const logits = model.forward(tf.tensor2d([sequence], [1, sequence.length], 'int32'));
    return logits.dataSync<'float32'>().slice(-model.vocabSize);
  });
}
