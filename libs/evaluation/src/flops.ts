// What a model costs, three times: by a notebook's formulas, by exact ones, and as counted while it really runs; and why the
// three differ. Leaves out time, which depends on the machine (speed.ts).
import { tf } from '@lilformer/engine';
import type { AnyModelConfig, LanguageModel } from '@lilformer/models';
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
import { modelShape, type ModelShape } from './model-shape.js';
import type { Table } from './table.js';

/** One question and its three answers. */
export interface FlopsRow {
  readonly of: keyof CostFigures;
  readonly notebook: Figure;
  readonly exact: Figure;
  /** As it ran, on the engine that is open. */
  readonly counted: number;
}

/** A step from one column to the next. */
export interface FlopsDifference extends Difference {
  readonly from: 'notebook' | 'exact';
  readonly to: 'exact' | 'counted';
}

/** The costs of a model. */
export interface FlopsReport {
  readonly tokens: number;
  readonly engine: string;
  readonly rows: readonly FlopsRow[];
  /** They sum to the differences between the columns, for the operations. */
  readonly differences: readonly FlopsDifference[];
  /** Which kernels did the work. */
  readonly kernels: { readonly generate: readonly ProductKernel[]; readonly train: readonly ProductKernel[] };
}

/**
 * The costs of writing `tokens` tokens, and of one training step on a text of as many. Both are run: as sampling writes, a token
 * at a time from what the model remembers, and as training takes a step, without the update of the weights.
 *
 * @throws RangeError when the text does not fit the model's context
 */
export function flopsReport(model: LanguageModel, tokens: number): FlopsReport {
  if (!Number.isInteger(tokens) || tokens < 1 || tokens > model.contextLength) {
    const most =
      model.contextLength === Infinity ? '' : ` and at most ${model.contextLength}, the model's context`;
    throw new RangeError(`tokens ${tokens}: expected a whole number of at least 1${most}`);
  }
  const shape = modelShape(model.config as AnyModelConfig);
  const notebook = notebookFigures(shape, tokens);
  const exact = exactFigures(shape, tokens);
  const generate = countProducts(() => write(model, tokens));
  const train = countProducts(() => trainOnce(model, tokens));
  const counted: Record<keyof CostFigures, number> = {
    generate: generate.flops,
    train: train.flops,
    sequentialGenerate: generate.products,
    sequentialTrain: train.products,
  };
  const engine = tf.getBackend();
  const between = { from: 'notebook', to: 'exact' } as const;
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
      ...notebookDifferences(shape, tokens).map((each) => ({ ...between, ...each })),
      ...runDifferences(shape, tokens, engine, {
        generate: generate.flops - exact.generate.value,
        train: train.flops - exact.train.value,
      }),
    ],
    kernels: { generate: generate.kernels, train: train.kernels },
  };
}

/** The three columns. */
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
      counted.toLocaleString('en-US'),
    ]),
  };
}

/** Why the columns differ, a line for each reason; and what the rows of products that wait for each other mean. */
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
      : `As run: ${engine} multiplies each head of each text and each step by itself, one after the other.`,
  ];
}

/** What the engine does otherwise than the definition says; what is left over is said, too. */
function runDifferences(
  shape: ModelShape,
  tokens: number,
  engine: string,
  total: Readonly<Record<'generate' | 'train', number>>,
): FlopsDifference[] {
  const T = tokens;
  const L = shape.layers;
  const known: Difference[] = [];
  const inLoops = engine === 'cpu' || engine === 'wasm';
  const add = (of: 'generate' | 'train', flops: number, reason: string) => known.push({ of, flops, reason });
  if (shape.kind === 'recurrent' && engine === 'native') {
    const state = 2 * shape.gates * shape.hidden ** 2;
    add('generate', -L * state, 'no product with a state before there is one');
    add('train', -2 * L * state, 'no product with a state before there is one, nor its gradient');
  }
  if (shape.kind === 'transformer') {
    const { width: D, inner: F, experts: X, naiveAttention } = shape;
    const seen = (T * (T + 1)) / 2;
    if (engine === 'native' && !naiveAttention) {
      add('train', 2 * L * D * seen, 'the pass back computes the scores again instead of keeping them');
    } else {
      add(
        'train',
        12 * L * D * (T ** 2 - seen),
        'all T² pairs are multiplied, and what comes later is hidden',
      );
    }
    if (inLoops && !naiveAttention) {
      add('train', 2 * L * D * T ** 2, 'the pass back computes the scores again instead of keeping them');
      add('generate', -4 * L * D * seen, 'attention of one token is a loop in JavaScript, which is not seen');
    }
    if (X > 1) {
      add('generate', 4 * L * T * D * F * (X - 1), 'an expert without a token runs on one all the same');
    }
  }
  for (const of of ['generate', 'train'] as const) {
    const rest = total[of] - known.reduce((sum, each) => (each.of === of ? sum + each.flops : sum), 0);
    if (rest !== 0)
      add(of, rest, inLoops ? SMALL_PRODUCTS : 'other: this engine does so much more (or less)');
  }
  return known.filter(({ flops }) => flops !== 0).map((each) => ({ from: 'exact', to: 'counted', ...each }));
}

const SMALL_PRODUCTS = 'other: small products are loops in JavaScript on this engine, which are not seen';

/** Feeds a token after the other, as sampling does; which ones makes no difference to the cost. */
function write(model: LanguageModel, tokens: number): void {
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

function trainOnce(model: LanguageModel, tokens: number): void {
  const text = new Int32Array(tokens);
  const batch = { inputs: text, targets: text, batch: 1, length: tokens };
  const parameters = new Map(model.namedParameters());
  const { gradients } = model.evaluating(() => lossAndGradients(model, parameters, [batch]));
  tf.dispose([...gradients.values()]);
}
