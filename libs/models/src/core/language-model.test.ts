// What holds for every model: sizes, messages, memory, the cache, padding.
import { openEngine, tf } from '@lilformer/engine';
import { Capture, withoutWeights } from '@lilformer/layers';
import { Random } from '@lilformer/random';
import { goldenJson, relativeDifference } from '@lilformer/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createModel,
  fieldInfo,
  LanguageModel,
  modelDefinition,
  modelDefinitions,
  RecurrentLM,
  type ModelConfig,
} from '../index.js';
import { BigramLM } from '../bigram.js';
import { TinyTransformerLM } from '../tiny-transformer.js';
import { smallConfig as small, SMALL_CONTEXT } from '../testing/small-config.js';

beforeAll(async () => {
  await openEngine();
});

const random = new Random('models test');
const CONTEXT = SMALL_CONTEXT;
/** The types of all language models. */
const types = [...modelDefinitions().values()]
  .filter(
    ({ type, create }) =>
      withoutWeights(() => create(small(type) as never, new Random(0))) instanceof LanguageModel,
  )
  .map(({ type }) => type);

function tokens(batch: number, length: number): number[][] {
  return Array.from({ length: batch }, () => Array.from({ length }, () => random.integer(19)));
}

function idsOf(rows: number[][]): tf.Tensor2D {
  return tf.tensor2d(rows, [rows.length, rows[0].length], 'int32');
}

describe('parameter counts', () => {
  const counts =
    goldenJson<
      { group: string; label: string; model: string; config: Record<string, number>; parameters: number }[]
    >('parameter-counts.json');
  /** The config under the names here, of the model whose fields have the aliases. */
  const configOf = (type: string, recorded: Record<string, number>): ModelConfig => {
    const found: Record<string, unknown> = { type };
    for (const [name, field] of Object.entries(modelDefinition(type).config.shape)) {
      const alias = fieldInfo(field).aliases?.find((one) => one in recorded) ?? name;
      if (alias in recorded) found[name] = recorded[alias];
    }
    return found as ModelConfig;
  };
  const byClass = new Map(
    types.map(
      (type) =>
        [withoutWeights(() => createModel(small(type), new Random(0))).constructor.name, type] as const,
    ),
  );
  // The originals of these two have the class names Transformer and GPT.
  const typeOf = ({ group, model }: (typeof counts)[number]): string =>
    byClass.get(model) ?? (group === 'recurrent' ? 'tied-transformer' : 'char-gpt');

  it.each(counts.filter(({ group }) => group !== 'hf'))('$group $label: $parameters', (row) => {
    const built = createModel(configOf(typeOf(row), row.config), random);
    expect(built.parameterCount()).toBe(row.parameters);
    built.dispose();
  });
});

describe.each(types)('%s', (type) => {
  const model = () => createModel(small(type), new Random(type));

  it('is rebuilt from its config, equal for equal seeds', () => {
    const first = model();
    const again = createModel(JSON.parse(JSON.stringify(first.config)) as ModelConfig, new Random(type));
    const other = createModel(small(type), new Random('other'));
    expect(first.config).toEqual(small(type));
    expect(again.constructor).toBe(first.constructor);
    expect(again.stateDict()).toEqual(first.stateDict());
    expect(other.stateDict()).not.toEqual(first.stateDict());
    for (const one of [first, again, other]) one.dispose();
  });

  it('starts with the loss of a uniform distribution', () => {
    const lm = model();
    const loss = tf.tidy(() => lm.loss(idsOf(tokens(4, 12)), idsOf(tokens(4, 12))).dataSync()[0]);
    expect(Math.abs(loss - Math.log(19))).toBeLessThan(1);
    lm.dispose();
  });

  it('gives the same logits with a cache, for any split of the sequence, and with lastOnly', () => {
    const lm = model();
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (lengths, batch, capturing) => {
          const before = tf.memory().numTensors;
          const rows = tokens(
            batch,
            lengths.reduce((sum, length) => sum + length),
          );
          const cache = lm.createCache(batch);
          tf.tidy(() => {
            const whole = lm.forward(idsOf(rows));
            let start = 0;
            for (const length of lengths) {
              const part = idsOf(rows.map((row) => row.slice(start, start + length)));
              const capture = capturing ? new Capture() : undefined;
              const logits = lm.forward(part, { cache, capture });
              const expected = tf.slice(whole, [0, start, 0], [-1, length, -1]);
              expect(relativeDifference(logits.dataSync(), expected.dataSync())).toBeLessThan(1e-5);
              start += length;
              expect(cache.length).toBe(start);
            }
            const last = lm.forward(idsOf(rows), { lastOnly: true });
            expect(last.shape).toEqual([batch, 1, 19]);
            const expected = tf.slice(whole, [0, start - 1, 0], [-1, 1, -1]);
            expect(relativeDifference(last.dataSync(), expected.dataSync())).toBeLessThan(1e-5);
          });
          cache.dispose();
          expect(tf.memory().numTensors).toBe(before);
        },
      ),
      { numRuns: 12 },
    );
    lm.dispose();
  });

  it('continues from a truncated cache, where supported', () => {
    const lm = model();
    const [row] = tokens(1, 8);
    const [other] = tokens(1, 3);
    const cache = lm.createCache(1);
    tf.tidy(() => {
      lm.forward(idsOf([row]), { cache });
      if (lm instanceof RecurrentLM) {
        expect(() => cache.truncate(5)).toThrow(
          'truncate: length is 5. Expected 0 or 8, because a recurrent state cannot go back.',
        );
        cache.truncate(0);
        lm.forward(idsOf([row.slice(0, 5)]), { cache });
      }
      cache.truncate(5);
      const logits = lm.forward(idsOf([other]), { cache });
      const whole = lm.forward(idsOf([[...row.slice(0, 5), ...other]]));
      const expected = tf.slice(whole, [0, 5, 0]);
      expect(relativeDifference(logits.dataSync(), expected.dataSync())).toBeLessThan(1e-5);
    });
    cache.dispose();
    lm.dispose();
  });

  it('gives the same logits for any padding, with and without a cache, or rejects padding', () => {
    const lm = model();
    const [short] = tokens(1, 4);
    const [long] = tokens(1, 7);
    tf.tidy(() => {
      const alone = lm.forward(idsOf([short])).dataSync();
      if (lm instanceof RecurrentLM) {
        const paddingMask = tf.ones([1, 4]) as tf.Tensor2D;
        expect(() => lm.forward(idsOf([short]), { paddingMask })).toThrow('paddingMask is not supported');
        return;
      }
      for (const left of [0, 1, 3]) {
        const padded = [...Array<number>(left).fill(0), ...short, ...Array<number>(3 - left).fill(0)];
        const mask = padded.map((_, i) => (i >= left && i < left + 4 ? 1 : 0));
        const paddingMask = tf.tensor2d([mask, Array<number>(7).fill(1)]);
        const logits = lm.forward(idsOf([padded, long]), { paddingMask });
        const text = tf.slice(logits, [0, left, 0], [1, 4, -1]);
        expect(relativeDifference(text.dataSync(), alone)).toBeLessThan(1e-5);

        const cache = lm.createCache(2);
        const parts = [3, 4].map((count, i) => {
          const start = 3 * i;
          const part = idsOf([padded, long].map((row) => row.slice(start, start + count)));
          const seen = tf.slice(paddingMask, [0, 0], [-1, start + count]);
          return lm.forward(part, { cache, paddingMask: seen });
        });
        const joined = tf.slice(tf.concat(parts, 1), [0, left, 0], [1, 4, -1]);
        expect(relativeDifference(joined.dataSync(), alone)).toBeLessThan(1e-5);
        cache.dispose();
      }
    });
    lm.dispose();
  });

  it('leaves one tensor per call, and none from a hundred training steps', () => {
    const before = tf.memory().numTensors;
    const lm = model();
    const ids = idsOf(tokens(2, 6));
    const targets = idsOf(tokens(2, 6));
    const capture = new Capture();
    const settled = tf.memory().numTensors;
    const results = [lm.forward(ids), lm.forward(ids, { capture }), lm.loss(ids, targets)];
    expect(tf.memory().numTensors).toBe(settled + results.length);
    tf.dispose(results);
    const variables = [...lm.namedParameters()].map(([, { variable }]) => variable);
    for (let step = 0; step < 100; step++) {
      const { value, grads } = tf.variableGrads(() => lm.loss(ids, targets), variables);
      tf.dispose([value, ...Object.values(grads)]);
    }
    expect(tf.memory().numTensors).toBe(settled);
    lm.dispose();
    tf.dispose([ids, targets]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('rejects invalid input', () => {
    const lm = model();
    const name = lm.constructor.name;
    tf.tidy(() => {
      expect(() => lm.forward(tf.tensor2d([[1, 2]]))).toThrow(
        `${name}: ids are float32 of shape [1,2]. Expected int32`,
      );
      expect(() => lm.forward(tf.tensor1d([1], 'int32') as unknown as tf.Tensor2D)).toThrow(
        '[batch, tokens]',
      );
      expect(() => lm.forward(tf.zeros([2, 0], 'int32') as tf.Tensor2D)).toThrow(
        'Expected at least one token',
      );
      expect(() => lm.forward(idsOf([[1, 19]]))).toThrow('id 19 at position 1, expected 0 to 18');
      expect(() => lm.loss(idsOf([[1, 2]]), idsOf([[1]]))).toThrow(
        'targets: shape is [1,1]. Expected the shape of ids, [1,2].',
      );
      expect(() => lm.loss(idsOf([[1]]), idsOf([[19]]))).toThrow('target 19');
      expect(() => lm.createCache(0)).toThrow('batch: is 0. Expected an integer of at least 1.');
      const cache = lm.createCache(2);
      expect(() => lm.forward(idsOf([[1]]), { cache })).toThrow(
        `${name}: a batch of 1 with a cache for 2. Expected equal batch sizes.`,
      );
      const paddingMask = tf.ones([1, 3]) as tf.Tensor2D;
      expect(() => lm.forward(idsOf([[1]]), { paddingMask })).toThrow(
        lm instanceof RecurrentLM
          ? 'paddingMask is not supported'
          : 'paddingMask has shape [1,3]. Expected [1, 1]',
      );
      const many = idsOf(tokens(2, CONTEXT + 1));
      if (type === 'bigram' || lm instanceof RecurrentLM) {
        expect(lm.contextLength).toBe(Infinity);
        expect(lm.forward(many).shape).toEqual([2, CONTEXT + 1, 19]);
      } else {
        expect(lm.contextLength).toBe(CONTEXT);
        expect(() => lm.forward(many)).toThrow(
          `${name}: 13 tokens. Expected at most the context length, 12.`,
        );
        lm.forward(idsOf(tokens(2, 10)), { cache });
        expect(() => lm.forward(idsOf(tokens(2, 3)), { cache })).toThrow(
          '10 cached and 3 new tokens. Expected at most',
        );
      }
      cache.dispose();
    });
    lm.dispose();
  });
});

describe('createModel', () => {
  const make = (config: unknown) => () => createModel(config as ModelConfig, random);

  it('names every invalid field, and creates no tensor', () => {
    const before = tf.memory().numTensors;
    expect(make({ type: 'gpt-9' })).toThrow(
      /model type: "gpt-9" is not defined. Expected one of bigram, attention, /,
    );
    expect(make(undefined)).toThrow('model type: missing. Expected one of bigram, ');
    expect(make({ type: 'toString' })).toThrow(/model type: "toString"/);
    expect(make({ type: 'bigram', dModel: 5 })).toThrow(
      'bigram: vocabSize is missing. Expected a whole number',
    );
    expect(make({ type: 'bert', vocabSize: 5 })).toThrow('model type: bert is no language model.');
    expect(make({ type: 'bigram', vocabSize: 5, dModel: '16' })).toThrow(
      'bigram: dModel is "16". Expected a whole number',
    );
    expect(make({ type: 'bigram', vocabSize: 5, dModel: 4, nHeads: 2 })).toThrow(
      'bigram: unknown field nHeads. Expected vocabSize, dModel.',
    );
    expect(make({ ...small('moe-transformer'), nExperts: 0 })).toThrow(
      'moe-transformer: nExperts is 0. Expected a whole number from 1 to 1,024.',
    );
    expect(make({ ...small('tiny-transformer'), nHeads: 3 })).toThrow(
      'tiny-transformer: nHeads is 3. Expected a divisor of dModel, 8.',
    );
    expect(make({ ...small('tiny-transformer'), positions: 'learned' })).toThrow(
      'tiny-transformer: positions is "learned". Expected sinusoids or none.',
    );
    expect(make({ ...small('moe-transformer'), router: true })).toThrow(
      'router is true. Expected fixed or trained.',
    );
    expect(make({ ...small('tied-transformer'), attention: 'flash' })).toThrow(
      'tied-transformer: attention is "flash". Expected fused or naive.',
    );
    expect(make({ ...small('char-gpt'), attentionScale: 'full' })).toThrow('Expected head or width.');
    expect(make({ ...small('char-gpt'), dropout: 1 })).toThrow(
      'char-gpt: dropout is 1. Expected a number from 0 to below 1.',
    );
    expect(make({ ...small('gpt2'), attnPdrop: -1 })).toThrow(
      'gpt2: attnPdrop is -1. Expected a number from 0',
    );
    expect(make({ ...small('gpt2'), activationFunction: 'swish' })).toThrow(
      'gpt2: activationFunction is "swish". Expected gelu or gelu_new or gelu_pytorch_tanh or relu.',
    );
    expect(make({ ...small('gpt2'), eosTokenId: 19 })).toThrow(
      'gpt2: eosTokenId is 19. Expected a token id below vocabSize, 19.',
    );
    expect(make({ ...small('char-gpt'), dFf: 8 })).toThrow(
      'char-gpt: unknown field dFf. Expected vocabSize, dModel, nHeads, nLayers, contextLength, dropout, attentionScale.',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('names sizes that are too large, before it computes a weight', () => {
    const before = tf.memory().numTensors;
    const most = 2 ** 24;
    for (const type of ['bigram', 'nano-gpt', 'tiny-transformer', 'tied-transformer']) {
      expect(make({ type, vocabSize: most, dModel: most })).toThrow(
        /: the weights of a model of these sizes take .* GB\. Expected at most the memory of this machine/,
      );
    }
    expect(make({ type: 'nano-gpt', vocabSize: 9, contextLength: 1e7 })).toThrow(
      'nano-gpt: contextLength is 10000000. Expected a whole number from 1 to 1,048,576.',
    );
    expect(make({ type: 'nano-gpt', vocabSize: 9, nLayers: 1e8 })).toThrow(
      'Expected a whole number from 1 to',
    );
    const experts = { dModel: 1, nHeads: 1, nExperts: 1024, nLayers: 1024 };
    expect(make({ type: 'moe-transformer', vocabSize: 9, ...experts })).toThrow(
      'the config describes a model of more than 262144 weights. Expected fewer layers, heads or experts.',
    );
    expect(tf.memory().numTensors).toBe(before);
  }, 60_000);
});

describe('options of some models', () => {
  const logitsOf = (config: ModelConfig, rows: number[][]) => {
    const lm = createModel(config, new Random(7)).eval();
    const logits = tf.tidy(() => lm.forward(idsOf(rows)).dataSync<'float32'>().slice());
    lm.dispose();
    return logits;
  };

  it('without positions, the last logits do not depend on the order of earlier tokens', () => {
    const config = small('tiny-transformer');
    const one = { ...config, nLayers: 1 }; // through a second layer, even the mask tells something
    const last = (positions: 'sinusoids' | 'none', row: number[]) =>
      logitsOf({ ...one, positions }, [row]).slice(-19);
    const [row, mixed] = [
      [1, 2, 3, 4, 5],
      [4, 1, 3, 2, 5],
    ];
    expect(relativeDifference(last('none', row), last('none', mixed))).toBeLessThan(1e-5);
    expect(relativeDifference(last('sinusoids', row), last('sinusoids', mixed))).toBeGreaterThan(1e-3);
    const lm = createModel({ ...config, positions: 'none' }, random);
    expect([...lm.stateDict().keys()]).not.toContain('pos_encoding');
    lm.dispose();
  });

  it('naive attention equals fused attention', () => {
    const rows = tokens(2, 12);
    const config = small('tied-transformer');
    const naive = logitsOf({ ...config, attention: 'naive' }, rows);
    expect(relativeDifference(naive, logitsOf(config, rows))).toBeLessThan(1e-6);
  });

  it('a trained router has a gradient', () => {
    const config = small('moe-transformer');
    const routers = (router: 'fixed' | 'trained') => {
      const lm = createModel({ ...config, router } as ModelConfig, new Random(3));
      const named = [...lm.namedParameters()].filter(([name]) => name.endsWith('router.weight'));
      const sizes = tf.tidy(() => {
        const { grads } = tf.variableGrads(() => lm.loss(idsOf(tokens(2, 6)), idsOf(tokens(2, 6))));
        return named.map(([, { variable }]) =>
          grads[variable.name] ? tf.max(tf.abs(grads[variable.name])).dataSync()[0] : 0,
        );
      });
      lm.dispose();
      return sizes;
    };
    expect(routers('fixed')).toEqual([0, 0]);
    for (const size of routers('trained')) expect(size).toBeGreaterThan(1e-5);
  });
});

describe('printing', () => {
  it('equals that of PyTorch', () => {
    // print(model) of PyTorch for the same modules
    const bigram = new BigramLM({ vocabSize: 61, dModel: 16 }, random);
    expect(String(bigram)).toBe(
      'BigramLM(\n  (embedding): Embedding(61, 16)\n  (unembed): Linear(in_features=16, out_features=61, bias=True)\n)',
    );
    const tiny = new TinyTransformerLM(
      { vocabSize: 70, dModel: 24, nHeads: 4, dFf: 40, nLayers: 2, contextLength: 14 },
      random,
    );
    expect(String(tiny)).toBe(`TinyTransformerLM(
  (token_embedding): Embedding(70, 24)
  (layers): ModuleList(
    (0-1): 2 x TinyTransformerBlock(
      (attn): PackedSelfAttention(
        (qkv_proj): Linear(in_features=24, out_features=72, bias=False)
        (out_proj): Linear(in_features=24, out_features=24, bias=False)
      )
      (norm1): RMSNorm((24,), eps=1e-08, elementwise_affine=True)
      (norm2): RMSNorm((24,), eps=1e-08, elementwise_affine=True)
      (ff): Sequential(
        (0): Linear(in_features=24, out_features=40, bias=True)
        (1): GELU(approximate='none')
        (2): Linear(in_features=40, out_features=24, bias=True)
      )
    )
  )
  (norm): RMSNorm((24,), eps=1e-08, elementwise_affine=True)
  (head): Linear(in_features=24, out_features=70, bias=False)
)`);
    bigram.dispose();
    tiny.dispose();
  });
});
