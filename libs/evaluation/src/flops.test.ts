// The formulas agree with numbers worked out by hand and with the counts of the native engine, up to exact known differences.
import { openEngine, tf } from '@lilformer/engine';
import {
  createModel,
  modelDefinition,
  type LanguageModel,
  type ModelConfig,
  type ModelCosts,
} from '@lilformer/models';
import { Random } from '@lilformer/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { countProducts } from './count-products.js';
import { flopsNotes, flopsReport, flopsTable, type FlopsReport } from './flops.js';
import { exactFigures, notebookDifferences, notebookFigures } from './flops-formulas.js';

beforeAll(async () => void (await openEngine()));

const isNative = () => tf.getBackend() === 'native';

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
  {
    type: 'tied-transformer',
    vocabSize: 13,
    dModel: 8,
    nLayers: 2,
    nHeads: 2,
    contextLength: 9,
    attention: 'naive',
  },
  { type: 'tiny-transformer', vocabSize: 13, dModel: 8, dFf: 20, nLayers: 2, nHeads: 2, contextLength: 9 },
  { type: 'tied-transformer', vocabSize: 13, dModel: 8, nLayers: 2, nHeads: 2, contextLength: 9 },
  { type: 'char-gpt', vocabSize: 13, dModel: 8, nLayers: 2, nHeads: 2, contextLength: 9 },
  { type: 'simple-rnn', vocabSize: 13, embedSize: 6, hiddenSize: 10 },
  { type: 'multi-layer-rnn', vocabSize: 13, embedSize: 6, hiddenSize: 10, nLayers: 3 },
  { type: 'gru', vocabSize: 13, embedSize: 6, hiddenSize: 10 },
];

const modelShape = (config: ModelConfig): ModelCosts => {
  const { config: schema, costs } = modelDefinition(config.type);
  return costs!(schema.parse(config as never));
};

function reportOf(config: ModelConfig, tokens: number): FlopsReport {
  const model: LanguageModel = createModel(config, new Random(1));
  const before = tf.memory().numTensors;
  const report = flopsReport(model, tokens);
  expect(tf.memory().numTensors).toBe(before);
  model.dispose();
  return report;
}

describe('counting products', () => {
  it('counts those of tfjs with any transposition, and none after the function returns', ({ skip }) => {
    skip(!isNative(), 'counted on the native engine only');
    const multiply = () =>
      tf.tidy(() => {
        tf.matMul(tf.ones([3, 4]), tf.ones([4, 5]));
        tf.matMul(tf.ones([4, 3]), tf.ones([5, 4]), true, true);
        tf.matMul(tf.ones([7, 3, 4]), tf.ones([7, 4, 5]));
        tf.add(tf.ones([3]), 1);
        return 'done';
      });
    const { result, flops, products } = countProducts(multiply);
    expect(result).toBe('done');
    expect(flops).toBe(9 * 2 * 3 * 4 * 5);
    expect(products).toBe(3);
    multiply();
    expect(countProducts(() => undefined).flops).toBe(0);
    expect(() =>
      countProducts(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(countProducts(multiply).flops).toBe(flops);
  });

  it('a linear layer, forward and backward, by hand', ({ skip }) => {
    skip(!isNative(), 'counted on the native engine only');
    // 16 tokens, 32 wide, 130 classes: 2 · 16 · 32 · 130 forward, twice that backward.
    const { rows } = reportOf({ type: 'bigram', vocabSize: 130, dModel: 32 }, 16);
    const by = Object.fromEntries(rows.map((row) => [row.of, row]));
    expect(by.generate.counted).toBe(133_120);
    expect(by.train.counted).toBe(399_360);
    expect(by.generate.exact.value).toBe(133_120);
    expect(by.train.exact.value).toBe(399_360);
  });
});

describe('a report', () => {
  const usual: ModelConfig[] = [
    { type: 'tied-transformer', vocabSize: 130, dModel: 64, nLayers: 2, nHeads: 2, contextLength: 32 },
    { type: 'multi-layer-rnn', vocabSize: 130, embedSize: 64, hiddenSize: 128, nLayers: 2 },
    { type: 'gru', vocabSize: 130, embedSize: 64, hiddenSize: 128 },
  ];

  it.each([...CONFIGS, ...usual])('$type: the reasons sum to every difference', (config) => {
    for (const tokens of [1, 2, 9]) {
      const { rows, differences, kernels } = reportOf(config, tokens);
      expect(kernels !== undefined).toBe(isNative());
      for (const of of ['generate', 'train'] as const) {
        const row = rows.find((each) => each.of === of)!;
        const between = (from: string) =>
          differences
            .filter((each) => each.of === of && each.from === from)
            .reduce((sum, each) => sum + each.flops, 0);
        expect(row.notebook.value + between('notebook')).toBe(row.exact.value);
        expect(row.counted).toBe(isNative() ? row.exact.value + between('exact') : undefined);
      }
    }
  });

  it('has a limited set of reasons for differences from the counts', ({ skip }) => {
    skip(!isNative(), 'counted on the native engine only');
    const reasons = CONFIGS.flatMap((config) => reportOf(config, 9).differences)
      .filter(({ to }) => to === 'counted')
      .map(({ reason }) => reason);
    expect([...new Set(reasons)].sort()).toEqual([
      'all T² pairs are multiplied, future ones masked',
      'an expert without a token still runs on one',
      'no product with a state before there is one',
      'no product with a state before there is one, nor its gradient',
      'the backward pass recomputes the attention scores',
    ]);
  });

  it('of an RNN, a GRU and a transformer in the sizes of a notebook', () => {
    const T = 100;
    const gpt = modelShape({
      type: 'tied-transformer',
      vocabSize: 92,
      dModel: 128,
      nLayers: 1,
      nHeads: 4,
      contextLength: 100,
    });
    // 24·1·100·128² + 4·1·100²·128
    expect(notebookFigures(gpt, T).generate.value).toBe(39_321_600 + 5_120_000);
    expect(notebookFigures(gpt, T).train.value).toBe(3 * 44_441_600);
    // 8·128²·100 + 2·128·101·100 + 16·128²·100 + 2·100·128·92
    expect(exactFigures(gpt, T).generate.value).toBe(13_107_200 + 2_585_600 + 26_214_400 + 2_355_200);
    const rnn = modelShape({ type: 'simple-rnn', vocabSize: 92, embedSize: 64, hiddenSize: 256 });
    expect(notebookFigures(rnn, T).generate.value).toBe(4 * 100 * 256 ** 2);
    // 100 (2·256·(64 + 256) + 2·256·92)
    expect(exactFigures(rnn, T).generate.value).toBe(100 * (163_840 + 47_104));
    expect(exactFigures(rnn, T).sequentialTrain.value).toBe(202);
    const gru = modelShape({ type: 'gru', vocabSize: 92, embedSize: 32, hiddenSize: 192 });
    // 100 (6·192·(32 + 192) + 2·192·92)
    expect(exactFigures(gru, T).generate.value).toBe(100 * (258_048 + 35_328));
    expect(notebookFigures(gru, T)).toMatchObject({
      generate: { value: 12 * 100 * 192 ** 2, formula: '12TLD²' },
      train: { value: 24 * 100 * 192 ** 2 },
      sequentialTrain: { value: 200 },
    });
    for (const shape of [gpt, rnn, gru]) {
      const train = notebookDifferences(shape, T).filter(({ of }) => of === 'train');
      const sum = train.reduce((total, { flops }) => total + flops, notebookFigures(shape, T).train.value);
      expect(sum).toBe(exactFigures(shape, T).train.value);
    }
  });

  it('as a table, with notes', () => {
    const report = reportOf(
      { type: 'tied-transformer', vocabSize: 13, dModel: 8, nLayers: 2, nHeads: 2, contextLength: 9 },
      9,
    );
    const { headings, rows } = flopsTable(report);
    expect(headings).toEqual(['', 'notebook', 'exact', 'as run']);
    expect(rows).toHaveLength(4);
    expect(rows[0][1]).toBe(`${(24 * 2 * 9 * 64 + 4 * 2 * 81 * 8).toLocaleString('en-US')} = 24LTD² + 4LT²D`);
    expect(flopsNotes(report)[0]).toContain('the map to the vocabulary, which the notebook leaves out');
    const last = flopsNotes(report).at(-1);
    if (!isNative()) {
      expect(rows.map((row) => row[3])).toEqual(['–', '–', '–', '–']);
      expect(last).toBe(`As run: counted on the native engine only; this is ${report.engine}.`);
    } else {
      expect(last).toContain('As run: the native engine');
      // One call for each operation: only the necessary products run one after the other.
      const by = Object.fromEntries(report.rows.map((row) => [row.of, row]));
      expect(by.sequentialGenerate.counted).toBe(by.sequentialGenerate.exact.value);
      expect(by.sequentialTrain.counted).toBe(by.sequentialTrain.exact.value);
    }
  });

  it('refuses a text that does not fit', () => {
    const model = createModel(CONFIGS[2], new Random(1));
    expect(() => flopsReport(model, 10)).toThrow("at least 1 and at most 9, the model's context");
    expect(() => flopsReport(model, 0)).toThrow('tokens 0: expected a whole number');
    model.dispose();
  });
});
