// FLOPs of a model three ways: a notebook's formulas, exact formulas, and as counted on the native engine; and every reason
// why they differ. Time is measured in speed.ts.
import { tf } from '@lilformer/engine';
import { Capture, modelCosts, type LanguageModel, type ModelCosts } from '@lilformer/models';
import { lossAndGradients } from '@lilformer/training';
import { countProducts, type ProductKernel } from './count-products.js';
import {
  exactFigures,
  notebookDifferences,
  notebookFigures,
  type CostFigures,
  type Difference,
  type Figure,
} from './flops-formulas.js';
import type { Table } from './table.js';

/** One figure by each of the three methods. */
export interface FlopsRow {
  readonly of: keyof CostFigures;
  readonly notebook: Figure;
  readonly exact: Figure;
  /** As counted while the model ran; undefined on engines other than native. */
  readonly counted: number | undefined;
}

/** A difference between two columns. */
export interface FlopsDifference extends Difference {
  readonly from: 'notebook' | 'exact';
  readonly to: 'exact' | 'counted';
}

/** The FLOPs of a model. */
export interface FlopsReport {
  readonly tokens: number;
  readonly engine: string;
  readonly rows: readonly FlopsRow[];
  /** They sum to the differences between the columns. */
  readonly differences: readonly FlopsDifference[];
  /** The kernels that ran, by FLOPs; undefined on engines other than native. */
  readonly kernels:
    { readonly generate: readonly ProductKernel[]; readonly train: readonly ProductKernel[] } | undefined;
}

/**
 * Returns the FLOPs of generating `tokens` tokens, one at a time with a cache, and of one training step, without the optimizer,
 * on a sequence of that length. On the native engine both are run and counted.
 *
 * @throws RangeError when the sequence does not fit the model's context
 * @throws Error when the count differs from the exact formula for an unknown reason
 */
export function flopsReport(model: LanguageModel, tokens: number): FlopsReport {
  if (!Number.isInteger(tokens) || tokens < 1 || tokens > model.contextLength) {
    const most =
      model.contextLength === Infinity ? '' : ` and at most ${model.contextLength}, the model's context`;
    throw new RangeError(`tokens ${tokens}: expected a whole number of at least 1${most}`);
  }
  const shape = modelCosts(model.config);
  const notebook = notebookFigures(shape, tokens);
  const exact = exactFigures(shape, tokens);
  const engine = tf.getBackend();
  const run =
    engine === 'native'
      ? {
          generate: countProducts(() => generate(model, tokens)),
          train: countProducts(() => trainingStep(model, tokens)),
        }
      : undefined;
  const counted: Partial<Record<keyof CostFigures, number>> = run
    ? {
        generate: run.generate.flops,
        train: run.train.flops,
        sequentialGenerate: run.generate.products,
        sequentialTrain: run.train.products,
      }
    : {};
  return {
    tokens,
    engine,
    rows: (Object.keys(exact) as (keyof CostFigures)[]).map((of) => ({
      of,
      notebook: notebook[of],
      exact: exact[of],
      counted: counted[of],
    })),
    differences: [
      ...notebookDifferences(shape, tokens).map(
        (each) => ({ from: 'notebook', to: 'exact', ...each }) as const,
      ),
      ...(run
        ? countedDifferences(shape, tokens, idleExperts(model, shape, tokens), {
            generate: run.generate.flops - exact.generate.value,
            train: run.train.flops - exact.train.value,
          })
        : []),
    ],
    kernels: run && { generate: run.generate.kernels, train: run.train.kernels },
  };
}

/** The report as a table. */
export function flopsTable({ tokens, rows }: FlopsReport): Table {
  const names: Record<keyof CostFigures, string> = {
    generate: `operations to write ${tokens} tokens`,
    train: `operations to train on ${tokens} tokens`,
    sequentialGenerate: `products one after the other, writing`,
    sequentialTrain: `products one after the other, training`,
  };
  const cell = ({ value, formula }: Figure) => `${value.toLocaleString('en-US')} = ${formula}`;
  return {
    headings: ['', 'notebook', 'exact', 'as run'],
    rows: rows.map(({ of, notebook, exact, counted }) => [
      names[of],
      cell(notebook),
      cell(exact),
      counted?.toLocaleString('en-US') ?? '–',
    ]),
  };
}

/** Notes: one line for each reason that the columns differ, and how sequential products are counted. */
export function flopsNotes({ differences, rows, engine }: FlopsReport): string[] {
  const lines = differences.map(({ of, from, to, flops, reason }) => {
    const amount = `${flops > 0 ? '+' : '−'}${Math.abs(flops).toLocaleString('en-US')}`;
    return `${of === 'generate' ? 'writing' : 'training'}, ${from} → ${to === 'counted' ? 'as run' : to}: ${amount}, ${reason}`;
  });
  const parallel = rows.some(({ notebook }) => notebook.formula.startsWith('6L'));
  return [
    ...lines,
    parallel
      ? 'One after the other: the notebook counts one pass; writing takes one for each token, and the map to the vocabulary is one more.'
      : 'One after the other: the notebook leaves out the map to the vocabulary, and that layer l can be at step t while layer l + 1 is at step t - 1.',
    engine === 'native'
      ? 'As run: the native engine multiplies the input of all steps or heads at once, which counts as one, and experts one after the other.'
      : `As run: counted on the native engine only; this is ${engine}.`,
  ];
}

/** Returns why the counts differ from the exact formulas; throws where the reasons do not sum to the difference. */
function countedDifferences(
  shape: ModelCosts,
  T: number,
  idle: number,
  total: Readonly<Record<'generate' | 'train', number>>,
): FlopsDifference[] {
  const L = shape.nLayers;
  const known: Difference[] = [];
  const add = (of: 'generate' | 'train', flops: number, reason: string) => known.push({ of, flops, reason });
  if (shape.kind === 'recurrent') {
    const state = 2 * shape.gates * shape.hiddenSize ** 2;
    add('generate', -L * state, 'no product with a state before there is one');
    add('train', -2 * L * state, 'no product with a state before there is one, nor its gradient');
  } else {
    const { dModel: D, dFf: F, nExperts: X, naiveAttention } = shape;
    const seen = (T * (T + 1)) / 2;
    if (naiveAttention) {
      add('train', 12 * L * D * (T ** 2 - seen), 'all T² pairs are multiplied, future ones masked');
    } else {
      add('train', 2 * L * D * seen, 'the backward pass recomputes the attention scores');
    }
    const reason = 'an expert without a token still runs on one';
    add('generate', 4 * L * T * D * F * (X - 1), reason);
    add('train', 12 * D * F * idle, reason);
  }
  for (const of of ['generate', 'train'] as const) {
    const rest = known.reduce((left, each) => (each.of === of ? left - each.flops : left), total[of]);
    if (rest !== 0) throw new Error(`${of}: counted ${rest} FLOPs more than the formulas explain`);
  }
  return known.filter(({ flops }) => flops !== 0).map((each) => ({ from: 'exact', to: 'counted', ...each }));
}

/** Number of experts, over all layers, that no token of the training step is routed to. */
function idleExperts(model: LanguageModel, shape: ModelCosts, tokens: number): number {
  if (shape.kind === 'recurrent' || shape.nExperts === 1) return 0;
  const capture = new Capture();
  model.evaluating(() => {
    tf.tidy(() => void model.forward(tf.zeros<tf.Rank.R2>([1, tokens], 'int32'), { capture }));
  });
  const routes = [...capture].filter(([name]) => name.startsWith('route.'));
  return routes.reduce((sum, [, { data }]) => sum + shape.nExperts - new Set(data).size, 0);
}

/** Feeds one token after the other with a cache, as generation does. */
function generate(model: LanguageModel, tokens: number): void {
  const cache = model.createCache(1);
  try {
    model.evaluating(() => {
      for (let token = 0; token < tokens; token++) {
        tf.tidy(() => {
          model.forward(tf.tensor2d([0], [1, 1], 'int32'), { cache, lastOnly: true });
        });
      }
    });
  } finally {
    cache.dispose();
  }
}

function trainingStep(model: LanguageModel, tokens: number): void {
  const text = new Int32Array(tokens);
  const batch = { inputs: text, targets: text, batch: 1, length: tokens };
  const parameters = new Map(model.namedParameters());
  const { gradients } = model.evaluating(() => lossAndGradients(model, parameters, [batch]));
  tf.dispose([...gradients.values()]);
}
