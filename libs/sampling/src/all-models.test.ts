// Invariants for every model and any prompt. The runs are seeded: two ways of computing the same logits differ in their
// last bits, which can decide between two tokens once in a million draws.
import { openEngine, tf } from '@lilformer/engine';
import { withoutWeights } from '@lilformer/layers';
import { createModel, LanguageModel, modelDefinition, modelDefinitions } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { CharTokenizer } from '@lilformer/tokenizers';
import { relativeDifference } from '@lilformer/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate, generateBatch, generateText, type GeneratedToken } from './generate.js';
import { argmax } from './logits/sample.js';
import type { GenerateOptions } from './options.js';

const tokenizer = CharTokenizer.fromText('abcdefghijklmnop .');
const V = tokenizer.vocabSize;
const CONTEXT = 7;
const SIZES: Record<string, number> = {
  vocabSize: V,
  dModel: 8,
  dFf: 12,
  nHeads: 2,
  nLayers: 2,
  nExperts: 2,
  contextLength: CONTEXT,
  embedSize: 6,
  hiddenSize: 9,
  nEmbd: 8,
  nHead: 2,
  nLayer: 2,
  nPositions: CONTEXT,
};
await openEngine(); // some constructors make tensors
const TYPES = [...modelDefinitions().values()]
  .filter(
    ({ create }) =>
      withoutWeights(() => create({ vocabSize: V } as never, new Random(0))) instanceof LanguageModel,
  )
  .map(({ type }) => type);
const RUNS = { numRuns: 4, seed: 20 };

const prompts = fc.array(fc.integer({ min: 0, max: V - 1 }), { minLength: 1, maxLength: CONTEXT + 3 });
const strategies: fc.Arbitrary<GenerateOptions> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ temperature: fc.constant(0) }) },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        seed: fc.integer(),
        temperature: fc.constantFrom(0.5, 1, 2),
        topK: fc.integer({ min: 1, max: V }),
        topP: fc.double({ min: 0.1, max: 1, noNaN: true }),
      },
      { requiredKeys: ['seed'] },
    ),
  },
);

async function collect(
  model: LanguageModel,
  prompt: number[],
  options: GenerateOptions,
): Promise<GeneratedToken[]> {
  const tokens: GeneratedToken[] = [];
  for await (const token of generate(model, undefined, prompt, options)) tokens.push(token);
  return tokens;
}

describe.each(TYPES)('%s', (type) => {
  let model: LanguageModel;
  let tensors: number;
  beforeAll(() => {
    const fields = Object.keys(modelDefinition(type).config.shape).filter((name) => name in SIZES);
    const sizes = Object.fromEntries(fields.map((name) => [name, SIZES[name]]));
    model = createModel({ type, ...sizes }, new Random(type));
    // Fresh weights give almost equal logits; larger weights make the next token depend on the sequence.
    for (const [, { variable }] of model.namedParameters()) {
      tf.tidy(() => variable.assign(tf.mul(variable, variable.rank > 1 ? 4 : 1)));
    }
    const token = tf.tensor2d([[0]], [1, 1], 'int32');
    tf.dispose([token, model.forward(token)]); // creates the model's constants
    tensors = tf.memory().numTensors;
  });
  afterAll(() => model?.dispose());

  it('generates the same tokens from the same logits with and without the cache, also past the context', async () => {
    await fc.assert(
      fc.asyncProperty(prompts, strategies, async (prompt, strategy) => {
        const options = { ...strategy, maxNewTokens: CONTEXT + 5 };
        const cached = await collect(model, prompt, options);
        const anew = await collect(model, prompt, { ...options, useCache: false });
        expect(cached.map(({ id }) => id)).toEqual(anew.map(({ id }) => id));
        cached.forEach(({ logits }, step) =>
          expect(relativeDifference(logits, anew[step].logits)).toBeLessThan(1e-5),
        );
      }),
      RUNS,
    );
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('decodes greedily what a plain loop over the last tokens decodes', async () => {
    await fc.assert(
      fc.asyncProperty(prompts, async (prompt) => {
        const tokens = await collect(model, prompt, { temperature: 0, maxNewTokens: CONTEXT + 2 });
        const ids = [...prompt];
        for (const { id } of tokens) {
          const logits = tf.tidy(() => {
            const window = ids.slice(-model.contextLength);
            return model
              .eval()
              .forward(tf.tensor2d([window], undefined, 'int32'))
              .dataSync()
              .slice(-V);
          });
          expect(id).toBe(argmax(logits as Float32Array));
          ids.push(id);
        }
      }),
      RUNS,
    );
  });

  it('generates for each prompt of a batch what it generates alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(prompts, { maxLength: 6 }), strategies, async (batch, strategy) => {
        const options = { ...strategy, maxNewTokens: CONTEXT + 2, eosTokenId: [0, 3, 5, 8] };
        const together = await generateBatch(model, tokenizer, batch, options);
        const alone = [];
        for (const prompt of batch) alone.push(await generateText(model, tokenizer, prompt, options));
        expect(together).toEqual(alone);
      }),
      RUNS,
    );
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('frees all tensors when the caller leaves the loop early', async () => {
    for await (const { text } of generate(model, tokenizer, 'abc', { seed: 1 })) if (text) break;
    const unread = generate(model, tokenizer, 'abc');
    await unread.return();
    const byHand = generate(model, tokenizer, 'abc', { maxNewTokens: 1 });
    await byHand.next(); // the last token; the generator is never resumed
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe('a recurrent model', () => {
  it('costs one token of computation for each token, however long the sequence, and no memory', async () => {
    const model = createModel({ type: 'gru', vocabSize: V, embedSize: 6, hiddenSize: 9 }, new Random(1));
    const fed: number[] = [];
    const forward = model.forward.bind(model);
    model.forward = (ids, options) => {
      fed.push(ids.size);
      return forward(ids, options);
    };
    let tensors: number | undefined;
    let count = 0;
    for await (const _ of generate(model, undefined, [1, 2, 3], { seed: 1, maxNewTokens: 400 })) {
      if (++count === 20) tensors = tf.memory().numTensors;
      if (count > 20 && count < 400) expect(tf.memory().numTensors).toBe(tensors);
    }
    expect(count).toBe(400);
    expect(fed).toEqual([3, ...new Array<number>(399).fill(1)]);
    model.dispose();
  });
});
