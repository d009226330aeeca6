// Formulas against numbers worked out by hand, and against what runs on the native engine.
import { openEngine, tf } from '@lilformer/engine';
import {
  createModel,
  defineConfig,
  defineModel,
  fields,
  modelDefinition,
  transformerCosts,
  type ModelConfig,
} from '@lilformer/models';
import { Random } from '@lilformer/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { countProducts } from './count-products.js';
import { flopsFormulas, type FlopsFigures } from './flops-formulas.js';
import { flopsNotes, flopsReport, flopsTable, type FlopsReport } from './flops.js';

let isNative: boolean;
beforeAll(async () => {
  await openEngine();
  isNative = tf.getBackend() === 'native';
});

const CONFIGS: readonly ModelConfig[] = [
  { type: 'bigram', vocabSize: 13, dModel: 8 },
  { type: 'positional-attention', vocabSize: 13, dModel: 8, contextLength: 9 },
  { type: 'transformer', vocabSize: 13, dModel: 8, dFf: 20, contextLength: 9 },
  {
    type: 'multi-head-transformer',
    vocabSize: 13,
    dModel: 8,
    dFf: 20,
    nLayers: 2,
    nHeads: 2,
    contextLength: 9,
  },
  {
    type: 'moe-transformer',
    vocabSize: 13,
    dModel: 8,
    dFf: 20,
    nLayers: 2,
    nHeads: 2,
    nExperts: 3,
    contextLength: 9,
  },
  {
    type: 'moe-transformer',
    vocabSize: 13,
    dModel: 8,
    dFf: 20,
    nLayers: 3,
    nHeads: 2,
    nExperts: 7,
    contextLength: 9,
    router: 'trained',
  },
  { type: 'tiny-transformer', vocabSize: 13, dModel: 8, dFf: 20, nLayers: 2, nHeads: 2, contextLength: 9 },
  { type: 'tied-transformer', vocabSize: 13, dModel: 8, nLayers: 2, nHeads: 2, contextLength: 9 },
  { type: 'nano-gpt', vocabSize: 13, dModel: 8, nLayers: 2, nHeads: 2, contextLength: 9 },
  { type: 'gpt2', vocabSize: 13, nEmbd: 8, nLayer: 2, nHead: 2, nPositions: 9 },
  { type: 'char-gpt', vocabSize: 13, dModel: 8, nLayers: 2, nHeads: 2, contextLength: 9 },
  { type: 'simple-rnn', vocabSize: 13, embedSize: 6, hiddenSize: 10 },
  { type: 'multi-layer-rnn', vocabSize: 13, embedSize: 6, hiddenSize: 10, nLayers: 3 },
  { type: 'gru', vocabSize: 13, embedSize: 6, hiddenSize: 10 },
];

const formulasOf = (config: ModelConfig, tokens: number): FlopsFigures => {
  const { config: schema, costs } = modelDefinition(config.type);
  return flopsFormulas(costs!(schema.parse(config as never)), tokens);
};

async function reportOf(config: ModelConfig, tokens: number): Promise<FlopsReport> {
  const model = createModel(config, new Random(1));
  const before = tf.memory().numTensors;
  const report = await flopsReport(model, tokens);
  expect(tf.memory().numTensors).toBe(before);
  model.dispose();
  return report;
}

const multiply = () =>
  tf.tidy(() => {
    tf.matMul(tf.ones([3, 4]), tf.ones([4, 5]));
    tf.matMul(tf.ones([4, 3]), tf.ones([5, 4]), true, true);
    tf.matMul(tf.ones([7, 3, 4]), tf.ones([7, 4, 5]));
    tf.add(tf.ones([3]), 1);
    return 'done';
  });

describe('countProducts', () => {
  it('counts products of any layout while the function runs, on the native engine only', () => {
    if (!isNative) {
      expect(() => countProducts(multiply)).toThrow('cannot count products. Expected the engine native.');
      return;
    }
    const { result, flops, sequential } = countProducts(multiply);
    expect(result).toBe('done');
    expect(flops).toBe(9 * 2 * 3 * 4 * 5);
    expect(sequential).toBe(3);
    multiply();
    expect(countProducts(() => undefined).flops).toBe(0);
    expect(() =>
      countProducts(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(countProducts(multiply).flops).toBe(flops);
  });
});

describe('flopsFormulas', () => {
  it('equal numbers worked out by hand', () => {
    // 16 tokens, 32 dimensions, 130 tokens of vocabulary: 2 · 16 · 32 · 130 forward, and twice that backward.
    const bigram = formulasOf({ type: 'bigram', vocabSize: 130, dModel: 32 }, 16);
    expect([bigram.generate.value, bigram.train.value]).toEqual([133_120, 399_360]);
    const sizes = { vocabSize: 92, dModel: 128, nLayers: 1, nHeads: 4, contextLength: 100 };
    const gpt = formulasOf({ type: 'tied-transformer', ...sizes }, 100);
    // 8·128²·100 + 2·128·101·100 + 16·128²·100 + 2·100·128·92
    expect(gpt.generate.value).toBe(13_107_200 + 2_585_600 + 26_214_400 + 2_355_200);
    const rnn = formulasOf({ type: 'simple-rnn', vocabSize: 92, embedSize: 64, hiddenSize: 256 }, 100);
    // 100 (2·256·(64 + 256) + 2·256·92)
    expect(rnn.generate.value).toBe(100 * (163_840 + 47_104));
    expect(rnn.sequentialTrain.value).toBe(202);
    const gru = formulasOf({ type: 'gru', vocabSize: 92, embedSize: 32, hiddenSize: 192 }, 100);
    // 100 (6·192·(32 + 192) + 2·192·92)
    expect(gru.generate.value).toBe(100 * (258_048 + 35_328));
  });
});

describe('flopsReport', () => {
  it.each(CONFIGS)('$type: the differences add up to the whole difference', async (config) => {
    for (const tokens of [1, 2, 9]) {
      const { rows, differences } = await reportOf(config, tokens);
      for (const { of, exact, counted } of rows) {
        if (!isNative) expect(counted).toBeUndefined();
        else if (of === 'generate' || of === 'train') {
          const sum = differences.reduce((sum, each) => (each.of === of ? sum + each.flops : sum), 0);
          expect(exact.value + sum).toBe(counted);
        }
      }
    }
  });

  it('has the reasons of the native engine', async () => {
    const reasons = async (config: ModelConfig) =>
      (await reportOf(config, 9)).differences.map(({ of, flops, reason }) => [of, flops, reason]);
    const recompute = 'the backward pass recomputes the attention scores';
    const sizes = { vocabSize: 13, dModel: 8, nLayers: 2, nHeads: 2, contextLength: 9 };
    const expected = (differences: unknown[]) => (isNative ? differences : []);
    // 2 layers, 8 dimensions, 45 visible of 81 pairs
    expect(await reasons({ type: 'tied-transformer', ...sizes })).toEqual(
      expected([['train', 2 * 2 * 8 * 45, recompute]]),
    );
    expect(await reasons({ type: 'tied-transformer', attention: 'naive', ...sizes })).toEqual(
      expected([
        ['train', 12 * 2 * 8 * (81 - 45), 'naive attention multiplies all T² pairs and masks the later ones'],
      ]),
    );
    expect(await reasons({ type: 'bigram', vocabSize: 13, dModel: 8 })).toEqual([]);
  });

  it('has a limited set of reasons', async () => {
    const reasons = new Set<string>();
    for (const config of CONFIGS) {
      for (const { reason } of (await reportOf(config, 9)).differences) reasons.add(reason);
    }
    const native = [
      'an expert without tokens runs on one row',
      'the backward pass recomputes the attention scores',
      'the first step has no state to multiply',
      'the first step has no state to multiply, forward and for the gradient of the state',
    ];
    expect([...reasons].sort()).toEqual(isNative ? native : []);
  });

  it('rejects a model whose costs do not explain what runs', async () => {
    const config = defineConfig('wrong-costs', { vocabSize: fields.vocabSize, dModel: fields.dModel });
    defineModel({
      config,
      summary: 'a bigram whose costs are those of twice the size',
      create: (options: { vocabSize: number; dModel: number }, random) =>
        Object.assign(createModel({ ...options, type: 'bigram' }, random), { config: config.parse(options) }),
      costs: ({ vocabSize, dModel }) =>
        transformerCosts({ vocabSize, dModel: 2 * dModel, nLayers: 0, dFf: 0 }),
    });
    const report = reportOf({ type: 'wrong-costs', vocabSize: 13, dModel: 8 }, 5);
    if (isNative) await expect(report).rejects.toThrow(/generate takes 1040 operations.*explain 2080/);
    else expect((await report).rows[0].exact.value).toBe(2080);
  });

  it('as a table, with notes', async () => {
    const sizes = { vocabSize: 13, dModel: 8, nLayers: 2, nHeads: 2, contextLength: 9 };
    const report = await reportOf({ type: 'tied-transformer', ...sizes }, 9);
    const { headings, rows } = flopsTable(report);
    expect(headings).toEqual(['', 'exact', 'counted']);
    expect(rows.map(([name]) => name)).toEqual([
      'operations to generate 9 tokens',
      'operations to train on 9 tokens',
      'sequential products, generating',
      'sequential products, training',
    ]);
    if (!isNative) {
      expect(flopsNotes(report)).toEqual([`counted: only on the engine native; this is ${tf.getBackend()}`]);
      return;
    }
    expect(flopsNotes(report)).toEqual([
      'train, exact → counted: +1,440, the backward pass recomputes the attention scores',
    ]);
    // One call per operation: as many sequential products as the formula has.
    for (const { exact, counted } of report.rows.slice(2)) expect(counted).toBe(exact.value);
  });

  it('rejects more tokens than the context', async () => {
    const model = createModel(CONFIGS[2], new Random(1));
    await expect(flopsReport(model, 10)).rejects.toThrow("from 1 to the model's context of 9");
    await expect(flopsReport(model, 0)).rejects.toThrow('tokens: is 0. Expected a whole number');
    model.dispose();
  });
});
