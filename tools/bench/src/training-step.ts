// One training step as users of the libraries run it: batch in, loss, gradients, clip by global norm, AdamW, loss out.
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

/** A model with its optimizer and the batch it learns by heart. */
export interface Training {
  readonly model: LanguageModel;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly batch: Batch;
  /** Makes one step and gives the loss before it. `phase` is told what comes next; it is there for the profile. */
  step(phase?: (name: 'gradients' | 'clip' | 'update') => void): number;
}

/** Builds the model of a workload with random weights, and a batch of random ids. */
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
    step(phase) {
      phase?.('gradients');
      const { loss, gradients } = lossAndGradients(model, parameters, [batch]);
      phase?.('clip');
      const { scale } = clipByGlobalNorm([...gradients.values()], 1);
      phase?.('update');
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

/** Texts of random ids, and the id after each. */
function randomBatch({ vocab, batch, seq }: Workload, random: Random): Batch {
  const inputs = new Int32Array(batch * seq);
  const targets = new Int32Array(batch * seq);
  for (let text = 0; text < batch; text++) {
    let id = random.integer(vocab);
    for (let i = text * seq; i < (text + 1) * seq; i++) {
      inputs[i] = id;
      targets[i] = id = random.integer(vocab);
    }
  }
  return { inputs, targets, batch, length: seq };
}
