// The protocols against their definitions: PyTorch's logits, one forward pass per token, and the evaluation of training.
import { arraySource, batches, chunkWindows, slidingWindows, type TokenSource } from '@lilformer/datasets';
import { openEngine, tf } from '@lilformer/engine';
import { createModel, type ModelConfig, type LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { evaluate } from '@lilformer/training';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bitsPerByte, bitsPerCharacter } from './bits.js';
import { measurePerplexity, perplexity, type PerplexityProgress } from './perplexity.js';
import { floats, goldenModel, goldenTensors, idRows, lossAt, mean } from '../testing/golden-model.js';

beforeAll(async () => void (await openEngine()));

const CASES: readonly [folder: string, type: ModelConfig['type']][] = [
  ['evolution/03_bigram', 'bigram'],
  ['evolution/07_transformer_block', 'transformer'],
  ['evolution/10_moe', 'moe-transformer'],
  ['tiny_transformer', 'tiny-transformer'],
];

for (const [folder, type] of CASES) {
  describe(`perplexity of ${folder}`, () => {
    it("equals that of PyTorch's logits, by two protocols", async () => {
      const model = await goldenModel(folder, type);
      const io = await goldenTensors(folder, 'io.safetensors');
      const [ids] = idRows(io.get('input_ids')!);
      const logits = floats(io.get('logits'));
      // The first row's logits are the first of all.
      const losses = ids.slice(1).map((id, t) => lossAt(logits, t, model.vocabSize, id));
      const source = arraySource(ids);
      const once = await perplexity(model, { protocol: 'each-token-once', source });
      expect(once.loss).toBeCloseTo(mean(losses), 5);
      expect(once.perplexity).toBeCloseTo(Math.exp(mean(losses)), 3);
      expect(once.tokens).toBe(ids.length - 1);
      const windows = slidingWindows(source, ids.length - 1);
      const all = await perplexity(model, { protocol: 'all-windows', windows });
      expect(all.byPosition).toHaveLength(ids.length - 1);
      all.byPosition.forEach((loss, t) => expect(loss).toBeCloseTo(losses[t], 4));
      model.dispose();
    });
  });
}

for (const [folder, type] of [
  ['recurrent/simple_rnn', 'simple-rnn'],
  ['recurrent/multi_layer_rnn', 'multi-layer-rnn'],
  ['recurrent/gru_lm', 'gru'],
] as const) {
  describe(`perplexity of ${folder}`, () => {
    it('keeps the state over the text, and starts windows without one', async () => {
      const tensors = tf.memory().numTensors;
      const model = await goldenModel(folder, type);
      const io = await goldenTensors(folder, 'io.safetensors');
      const [first] = idRows(io.get('input_ids')!);
      const [second] = idRows(io.get('next_input_ids')!);
      const ids = [...first, ...second, idRows(io.get('next_targets')!)[0].at(-1)!];
      const of = (name: string, row: number, next: number) =>
        lossAt(floats(io.get(name)), row, model.vocabSize, next);
      const losses = ids.slice(1).map((next, t) => {
        const later = t - first.length;
        return later < 0 ? of('logits', t, next) : of('next_logits', later, next);
      });
      const source = arraySource(ids);
      const carried = await perplexity(model, { protocol: 'each-token-once', source });
      expect(carried.tokens).toBe(ids.length - 1);
      expect(carried.loss).toBeCloseTo(mean(losses), 5);
      const windows = { ...slidingWindows(source, first.length), count: 1 };
      const window = await perplexity(model, { protocol: 'all-windows', windows });
      window.byPosition.forEach((loss, t) => expect(loss).toBeCloseTo(losses[t], 4));
      model.dispose();
      expect(tf.memory().numTensors).toBe(tensors);
    });
  });
}

/** Losses by definition: token t from one forward pass over the tokens from `start(t)` on. */
function lossesOneByOne(
  model: LanguageModel,
  source: TokenSource,
  start: (t: number) => number,
): { loss: number; context: number }[] {
  return Array.from({ length: source.length - 1 }, (_, before) => {
    const t = before + 1;
    const from = start(t);
    const ids = tf.tensor2d([...source.read(from, t - from)], [1, t - from], 'int32');
    const logits = model.forward(ids, { lastOnly: true });
    const loss = lossAt(logits.dataSync(), 0, model.vocabSize, source.read(t, 1)[0]);
    tf.dispose([ids, logits]);
    return { loss, context: t - from };
  });
}

describe('a text longer than the context', () => {
  const context = 6;
  const source = arraySource(Array.from({ length: 25 }, (_, i) => (i * i + 3 * i) % 11));
  let model: LanguageModel;
  let tensors: number;

  beforeAll(() => {
    tensors = tf.memory().numTensors;
    model = createModel(
      {
        type: 'multi-head-transformer',
        vocabSize: 11,
        dModel: 8,
        dFf: 16,
        nLayers: 2,
        nHeads: 2,
        contextLength: context,
      },
      new Random(3),
    ).eval();
  });

  afterAll(() => {
    model.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it.each([1, 2, 4, 6])('measures each token once, with stride %i', async (stride) => {
    // The first window that reaches token t as its last target, or ends the text.
    const start = (t: number) => {
      if (t <= context) return 0;
      return Math.min(Math.ceil((t - context) / stride) * stride, source.length - 1 - context);
    };
    const losses = lossesOneByOne(model, source, start);
    const result = await perplexity(model, { protocol: 'each-token-once', source, stride, batchSize: 4 });
    expect(result.tokens).toBe(source.length - 1);
    expect(result.loss).toBeCloseTo(mean(losses.map(({ loss }) => loss)), 5);
    expect(result.byPosition).toHaveLength(context);
    result.byPosition.forEach((loss, position) => {
      const expected = losses.filter((each) => each.context === position + 1);
      expect(loss).toBeCloseTo(mean(expected.map((each) => each.loss)), 4);
      expect(result.predictionsByPosition[position]).toBe(expected.length);
    });
  });

  it('measures all windows and random batches as training evaluates', async () => {
    const windows = slidingWindows(source, 5);
    const all = await perplexity(model, { protocol: 'all-windows', windows, batchSize: 7 });
    const expected = await evaluate(model, batches(windows, { batchSize: 7, order: 'sequential' }));
    expect(all.loss).toBeCloseTo(expected.loss, 5);
    expect(all.tokens).toBe(expected.tokens);
    expect(mean([...all.byPosition])).toBeCloseTo(all.loss, 5);

    const few = { batchSize: 4, seed: 5, batches: 3 };
    const random = await perplexity(model, { protocol: 'random-batches', windows, ...few });
    const drawn = await evaluate(
      model,
      batches(windows, { batchSize: 4, order: 'random', limit: 3, seed: 5 }),
    );
    expect(random.loss).toBeCloseTo(drawn.loss, 5);
    expect(random.tokens).toBe(3 * 4 * 5);
  });

  it('reports progress, keeps the mode of the model, and aborts', async () => {
    model.train();
    const controller = new AbortController();
    const events: PerplexityProgress[] = [];
    const protocol = { protocol: 'each-token-once', source, stride: 1, batchSize: 5 } as const;
    for await (const event of measurePerplexity(model, protocol)) {
      if (event.type === 'progress') events.push(event);
      else expect(event.result.tokens).toBe(source.length - 1);
    }
    expect(model.training).toBe(true);
    expect(events.map(({ fed }) => fed / context)).toEqual([1, 6, 11, 16, 19]);
    expect(events.every(({ total }) => total === 19 * context)).toBe(true);
    expect(events.at(-1)!.eta).toBe(0);

    const stopped = (async () => {
      for await (const _ of measurePerplexity(model, protocol, { signal: controller.signal })) {
        controller.abort(new Error('enough'));
      }
    })();
    await expect(stopped).rejects.toThrow('enough');
    model.eval();
  });

  it('reads the text in one pass with a model without a context limit', async () => {
    const bigram = createModel({ type: 'bigram', vocabSize: 11, dModel: 4 }, new Random(1));
    const long = arraySource(Array.from({ length: 1200 }, (_, i) => (7 * i * i) % 11));
    const result = await perplexity(bigram, { protocol: 'each-token-once', source: long });
    const losses = lossesOneByOne(bigram, long, (t) => t - 1);
    expect(result.loss).toBeCloseTo(mean(losses.map(({ loss }) => loss)), 5);
    expect(result.byPosition).toEqual([]);
    expect(result.description).toBe('each of 1,199 tokens once, with all of the text before it');
    bigram.dispose();
  });

  it('rejects windows and strides that do not fit', () => {
    const windows = chunkWindows(source, 7);
    const of = (protocol: Parameters<typeof measurePerplexity>[1]) => () =>
      measurePerplexity(model, protocol);
    expect(of({ protocol: 'all-windows', windows })).toThrow(
      "windows: have 7 tokens. Expected at most the model's context of 6",
    );
    expect(of({ protocol: 'each-token-once', source, stride: 7 })).toThrow(
      'stride: is 7. Expected at most the context of 6',
    );
    expect(of({ protocol: 'each-token-once', source, stride: 0 })).toThrow('stride: is 0. Expected a whole');
    expect(of({ protocol: 'each-token-once', source: arraySource([1]) })).toThrow('text: has 1 tokens');
  });
});

describe('bits', () => {
  it('are 8 per byte for a uniform choice among 256 bytes, for any tokenizer', () => {
    const text = 'aé😀z';
    expect(bitsPerByte(Math.log(256), { text, tokens: 8 })).toBeCloseTo(8, 12);
    expect(bitsPerByte(2 * Math.log(256), { text, tokens: 4 })).toBeCloseTo(8, 12);
    expect(bitsPerCharacter(Math.log(2), { text, tokens: 8 })).toBeCloseTo(2, 12);
    expect(() => bitsPerByte(1, { text: '', tokens: 0 })).toThrow('text: is empty');
  });
});
