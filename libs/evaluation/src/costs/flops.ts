// Operations of a model by formula and as counted while it runs, with the reasons for every difference. For time see
// speed.ts.
import { tf } from '@lilformer/engine';
import { modelDefinition, type LanguageModel, type ModelCosts } from '@lilformer/models';
import { lossAndGradients } from '@lilformer/training';
import { measureExperts } from '../experts.js';
import type { Table } from '../table.js';
import { idTensor } from '../tensor-values.js';
import { countProducts } from './count-products.js';
import { flopsFormulas, type Figure, type FlopsFigures } from './flops-formulas.js';

/** A difference between a formula and the count. */
export interface FlopsDifference {
  readonly of: 'generate' | 'train';
  readonly flops: number;
  readonly reason: string;
}

/** Operations of a model. */
export interface FlopsReport {
  readonly tokens: number;
  readonly engine: string;
  readonly costs: ModelCosts;
  readonly rows: readonly {
    readonly of: keyof FlopsFigures;
    readonly exact: Figure;
    /** What ran on the native engine; undefined on other engines. */
    readonly counted: number | undefined;
  }[];
  /** The differences between formulas and counts; they add up to the whole difference. Empty on other engines than native. */
  readonly differences: readonly FlopsDifference[];
}

/**
 * The operations of generating `tokens` tokens with a cache, and of one training step on a sequence of `tokens` tokens without
 * the optimizer. On the native engine both are run and counted.
 *
 * @throws RangeError when the tokens exceed the model's context
 * @throws Error when the costs of the model's definition do not explain what was counted
 */
export async function flopsReport(model: LanguageModel, tokens: number): Promise<FlopsReport> {
  if (!Number.isInteger(tokens) || tokens < 1 || tokens > model.contextLength) {
    throw new RangeError(
      `tokens: is ${tokens}. Expected a whole number from 1 to the model's context of ${model.contextLength}.`,
    );
  }
  const costs = costsOf(model);
  const exact = flopsFormulas(costs, tokens);
  const engine = tf.getBackend();
  const rows = (counted?: Record<keyof FlopsFigures, number>) =>
    (Object.keys(exact) as (keyof FlopsFigures)[]).map((of) => ({
      of,
      exact: exact[of],
      counted: counted?.[of],
    }));
  if (engine !== 'native') return { tokens, engine, costs, rows: rows(), differences: [] };
  const generate = countProducts(() => generateOnce(model, tokens));
  const train = countProducts(() => trainOnce(model, tokens));
  const idle = costs.kind === 'transformer' && costs.nExperts > 1 ? await idleExperts(model, tokens) : 0;
  const differences = differencesOf(costs, tokens, idle);
  for (const [of, { flops }] of Object.entries({ generate, train })) {
    const explained = differences.reduce((sum, each) => (each.of === of ? sum + each.flops : sum), 0);
    const expected = exact[of as 'generate' | 'train'].value + explained;
    if (flops !== expected) {
      throw new Error(
        `${model.constructor.name}: ${of} takes ${flops} operations, the costs of its definition explain ${expected}. ` +
          'Expected equal numbers. Correct the costs.',
      );
    }
  }
  const counted = {
    generate: generate.flops,
    train: train.flops,
    sequentialGenerate: generate.sequential,
    sequentialTrain: train.sequential,
  };
  return { tokens, engine, costs, rows: rows(counted), differences };
}

function costsOf(model: LanguageModel): ModelCosts {
  const { costs } = modelDefinition(model.config.type);
  if (costs) return costs(model.config);
  throw new TypeError(
    `${model.constructor.name}: its definition has no costs. Expected defineModel with costs.`,
  );
}

/** A report as a table. */
export function flopsTable({ tokens, rows }: FlopsReport): Table {
  const names: Record<keyof FlopsFigures, string> = {
    generate: `operations to generate ${tokens} tokens`,
    train: `operations to train on ${tokens} tokens`,
    sequentialGenerate: 'sequential products, generating',
    sequentialTrain: 'sequential products, training',
  };
  return {
    headings: ['', 'exact', 'counted'],
    rows: rows.map(({ of, exact, counted }) => [
      names[of],
      `${exact.value.toLocaleString('en-US')} = ${exact.formula}`,
      counted?.toLocaleString('en-US') ?? '-',
    ]),
  };
}

/** The differences between formulas and counts, one line each. */
export function flopsNotes({ differences, engine }: FlopsReport): string[] {
  if (engine !== 'native') return [`counted: only on the engine native; this is ${engine}`];
  return differences.map(({ of, flops, reason }) => {
    const amount = `${flops > 0 ? '+' : '−'}${Math.abs(flops).toLocaleString('en-US')}`;
    return `${of}, exact → counted: ${amount}, ${reason}`;
  });
}

/** What the native engine computes beyond the definition, or leaves out. */
function differencesOf(costs: ModelCosts, T: number, idle: number): FlopsDifference[] {
  const all: FlopsDifference[] = [];
  const add = (of: 'generate' | 'train', flops: number, reason: string) => all.push({ of, flops, reason });
  const L = costs.nLayers;
  if (costs.kind === 'recurrent') {
    const state = 2 * costs.gates * costs.hiddenSize ** 2;
    add('generate', -L * state, 'the first step has no state to multiply');
    add(
      'train',
      -2 * L * state,
      'the first step has no state to multiply, forward and for the gradient of the state',
    );
  } else {
    const { dModel: D, dFf: F, nExperts: X, naiveAttention } = costs;
    const visible = (T * (T + 1)) / 2;
    if (naiveAttention) {
      add(
        'train',
        12 * L * D * (T ** 2 - visible),
        'naive attention multiplies all T² pairs and masks the later ones',
      );
    } else {
      add('train', 2 * L * D * visible, 'the backward pass recomputes the attention scores');
    }
    add('generate', 4 * L * T * D * F * (X - 1), 'an expert without tokens runs on one row');
    add('train', 12 * D * F * idle, 'an expert without tokens runs on one row');
  }
  return all.filter(({ flops }) => flops !== 0);
}

/** Generates tokens with a cache; the cost does not depend on which tokens. */
function generateOnce(model: LanguageModel, tokens: number): void {
  const cache = model.createCache(1);
  try {
    for (let token = 0; token < tokens; token++) {
      model.evaluating(() => tf.tidy(() => void model.forward(idTensor([0]), { cache, lastOnly: true })));
    }
  } finally {
    cache.dispose();
  }
}

/** Forward and backward pass over the same token. */
function trainOnce(model: LanguageModel, tokens: number): void {
  const ids = new Int32Array(tokens);
  const batch = { inputs: ids, targets: ids, batch: 1, length: tokens };
  const parameters = new Map(model.namedParameters());
  const { gradients } = model.evaluating(() => lossAndGradients(model, parameters, [batch]));
  tf.dispose([...gradients.values()]);
}

/** Number of experts of all layers that get no token in {@link trainOnce}. */
async function idleExperts(model: LanguageModel, tokens: number): Promise<number> {
  const reports = await measureExperts(model, [{ inputs: new Int32Array(tokens), batch: 1, length: tokens }]);
  return reports.reduce((sum, report) => sum + report.tokens.filter((count) => count === 0).length, 0);
}
