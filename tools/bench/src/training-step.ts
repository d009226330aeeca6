// A training step as in users' code: loss, gradients, clipping by global norm, AdamW.
import type { Batch } from '@lilformer/datasets';
import { tf } from '@lilformer/engine';
import type { Parameter } from '@lilformer/layers';
import type { LanguageModel } from '@lilformer/models';
import { clipByGlobalNorm } from '@lilformer/ops';
import { Random } from '@lilformer/random';
import { createOptimizer, lossAndGradients } from '@lilformer/training';
import { BenchBigram } from './models/bigram.js';
import { BenchRecurrent } from './models/recurrent.js';
import { BenchTransformer } from './models/transformer.js';
import type { Workload } from './workloads.js';

/** A model with an optimizer and a fixed batch. */
export interface Training {
  readonly model: LanguageModel;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly batch: Batch;
  /** Makes one step and returns the loss before it. */
  step(): number;
}

/** Creates the model of a workload with random weights, and a batch of random ids. */
export function createTraining(workload: Workload, seed = 0): Training {
  const random = new Random(seed);
  const model = createModel(workload, random.split('weights'));
  const parameters = new Map(model.namedParameters());
  const optimizer = createOptimizer({ type: 'adamw' }, parameters);
  const batch = randomBatch(workload, random.split('batch'));
  model.train();
  return {
    model,
    parameters,
    batch,
    step() {
      const { loss, gradients } = lossAndGradients(model, parameters, [batch]);
      const { scale } = clipByGlobalNorm([...gradients.values()], 1);
      optimizer.step(gradients, { learningRate: 3e-4, gradientScale: scale });
      tf.dispose([...gradients.values()]);
      return loss;
    },
  };
}

function createModel(workload: Workload, random: Random): LanguageModel {
  switch (workload.kind) {
    case 'transformer':
      return new BenchTransformer(workload, random);
    case 'bigram':
      return new BenchBigram(workload, random);
    case 'rnn':
    case 'gru':
      return new BenchRecurrent(workload, random);
  }
}

/** Sequences of random ids with the next id as target. */
function randomBatch({ vocab, batch, seq }: Workload, random: Random): Batch {
  const inputs = new Int32Array(batch * seq);
  const targets = new Int32Array(batch * seq);
  for (let row = 0; row < batch; row++) {
    let id = random.integer(vocab);
    for (let i = row * seq; i < (row + 1) * seq; i++) {
      inputs[i] = id;
      targets[i] = id = random.integer(vocab);
    }
  }
  return { inputs, targets, batch, length: seq };
}
