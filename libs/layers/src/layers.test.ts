import { openEngine, tf } from '@lilformer/engine';
import { readSafetensors, toFloat32 } from '@lilformer/checkpoints';
import { Random } from '@lilformer/random';
import { golden, largestDifference, relativeDifference } from '@lilformer/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  attend,
  attendTo,
  Capture,
  CausalSelfAttention,
  Dropout,
  embedWithPositions,
  Embedding,
  FeedForward,
  GELU,
  KeyValueCache,
  LayerNorm,
  Linear,
  MixtureOfExperts,
  Module,
  PackedSelfAttention,
  positions,
  RecurrentState,
  ReLU,
  residual,
  RMSNorm,
  Sequential,
  sinusoids,
} from './index.js';

beforeAll(async () => {
  await openEngine();
});

const random = new Random('layers test');

function noise(...shape: number[]): tf.Tensor3D {
  const values = new Float32Array(shape.reduce((size, n) => size * n, 1));
  random.fillNormal(values);
  return tf.tensor3d(values, shape as [number, number, number]);
}

function values(x: tf.Tensor): Float32Array {
  return x.dataSync<'float32'>();
}

/** Runs `body` in a tidy, frees `modules` after, and expects no tensor to be left. */
function leavesNothing(modules: Module[], body: () => void): void {
  const parameters = new Set(
    modules.flatMap((module) => [...module.namedParameters()].map(([, one]) => one)),
  );
  const before = tf.memory().numTensors - parameters.size;
  tf.tidy(body);
  for (const module of modules) module.dispose();
  expect(tf.memory().numTensors).toBe(before);
}

describe('sinusoids', () => {
  it("are PyTorch's, and those of double precision up to rounding", async () => {
    const { tensors } = await readSafetensors(golden('unit/sinusoidal.safetensors'));
    expect([...tensors.keys()].sort()).toEqual(['table', 'wide', 'wide_float64']);
    for (const array of tensors.values()) {
      const [length, width] = array.shape;
      expect(largestDifference(sinusoids(length, width), toFloat32(array))).toBeLessThan(1e-5);
    }
  });
});

describe('attention layers', () => {
  const layers = () => [new CausalSelfAttention(8, 2, 16, random), new PackedSelfAttention(8, 4, random)];

  it('see nothing of the future', () => {
    const attentions = layers();
    leavesNothing(attentions, () => {
      for (const attention of attentions) {
        const x = noise(2, 6, 8);
        const changed = tf.concat([tf.slice(x, [0, 0, 0], [-1, 4, -1]), noise(2, 2, 8)], 1);
        const [a, b] = [x, changed].map((input) =>
          tf.slice(attention.forward(input), [0, 0, 0], [-1, 4, -1]),
        );
        expect(largestDifference(values(a), values(b))).toBeLessThan(1e-6);
        const rest = [x, changed].map((input) => tf.slice(attention.forward(input), [0, 4, 0]));
        expect(largestDifference(values(rest[0]), values(rest[1]))).toBeGreaterThan(1e-2);
      }
    });
  });

  it('give the same in pieces with a cache, however the text is cut', () => {
    const attentions = layers();
    leavesNothing(attentions, () => {
      const pieces = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(pieces, fc.integer({ min: 1, max: 3 }), (lengths, batch) => {
          for (const attention of attentions) {
            const x = noise(
              batch,
              lengths.reduce((sum, n) => sum + n),
              8,
            );
            const whole = attention.forward(x);
            const cache = new KeyValueCache(batch);
            const parts = tf.split<tf.Tensor3D>(x, lengths, 1).map((part) => {
              const output = attention.forward(part, { cache });
              cache.advance(part.shape[1]);
              return output;
            });
            cache.dispose();
            expect(largestDifference(values(tf.concat(parts, 1)), values(whole))).toBeLessThan(1e-5);
          }
        }),
        { numRuns: 25 },
      );
    });
  });

  it('capture weights that sum to one, below the diagonal, and give the same output', () => {
    const attentions = layers();
    leavesNothing(attentions, () => {
      for (const attention of attentions) {
        const x = noise(1, 5, 8);
        const capture = new Capture();
        const output = attention.forward(x, { capture, layer: 3 });
        expect(largestDifference(values(output), values(attention.forward(x)))).toBeLessThan(1e-6);
        expect([...capture.keys()]).toEqual(['attn.3']);
        const { shape, data } = capture.get('attn.3')!;
        expect(shape).toEqual([1, attention.heads, 5, 5]);
        for (let row = 0; row < attention.heads * 5; row++) {
          const weights = Array.from(data.slice(row * 5, row * 5 + 5));
          expect(weights.reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 5);
          expect(weights.slice((row % 5) + 1).every((weight) => weight === 0)).toBe(true);
        }
      }
    });
  });

  it('do not see padding', () => {
    const attentions = layers();
    leavesNothing(attentions, () => {
      for (const attention of attentions) {
        const text = noise(1, 4, 8);
        const padded = tf.concat([noise(1, 3, 8), text], 1);
        const paddingMask = tf.tensor2d([[0, 0, 0, 1, 1, 1, 1]]);
        const output = tf.slice(attention.forward(padded, { paddingMask }), [0, 3, 0]);
        expect(largestDifference(values(output), values(attention.forward(text)))).toBeLessThan(1e-5);
      }
    });
  });
});

describe('KeyValueCache', () => {
  const token = (value: number, batch = 2) => tf.fill([batch, 1, 2], value) as tf.Tensor3D;

  /** What is held of one side: `[B, length, 2]`. */
  const held = (buffer: tf.Tensor3D, length: number) =>
    Array.from(tf.slice(buffer, [0, 0, 0], [-1, length, -1]).dataSync());

  it('grows, shrinks, selects and frees itself', () => {
    leavesNothing([], () => {
      const cache = new KeyValueCache(2);
      for (let i = 0; i < 40; i++) {
        const { keys, values: all, length } = cache.append(0, token(i), token(-i));
        cache.advance(1);
        expect(length).toBe(i + 1);
        expect(keys.shape[1]).toBeGreaterThanOrEqual(length);
        expect(held(all, length).slice(2 * i, 2 * i + 2)).toEqual([-i, -i]);
      }
      cache.truncate(2);
      expect(cache.length).toBe(2);
      cache.keepRows([1]);
      const { keys, values: all, length } = cache.append(0, token(9, 1), token(7, 1));
      expect(held(keys, length)).toEqual([0, 0, 1, 1, 9, 9]);
      expect(held(all, length)).toEqual([-0, -0, -1, -1, 7, 7]);
      expect(() => cache.truncate(3)).toThrow(
        'truncate(3): expected a whole number from 0 to 2, the tokens held',
      );
      cache.reset();
      expect(cache.length).toBe(0);
      cache.dispose();
    });
  });

  it('goes on with rows that are repeated, as beams are', () => {
    leavesNothing([], () => {
      const cache = new KeyValueCache(2);
      const rows = tf.tensor3d([1, 1, 2, 2], [2, 1, 2]);
      cache.append(0, rows, rows);
      cache.advance(1);
      cache.keepRows([1, 0, 1]);
      expect(cache.batch).toBe(3);
      const { keys, length } = cache.append(0, token(5, 3), token(5, 3));
      expect(held(keys, length)).toEqual([2, 2, 5, 5, 1, 1, 5, 5, 2, 2, 5, 5]);
      cache.dispose();
    });
  });

  it('keeps the keys and values of another text, made once, and picks their rows', () => {
    leavesNothing([], () => {
      const cache = new KeyValueCache(2);
      let made = 0;
      const source = () => {
        made++;
        const keys = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
        return { keys, values: tf.mul(keys, 10) as tf.Tensor3D };
      };
      const rows = () => {
        const { keys, values } = cache.cross(1, source);
        expect([...values.dataSync()]).toEqual(Array.from(keys.dataSync(), (x) => 10 * x));
        return Array.from(keys.dataSync());
      };
      expect(rows()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      cache.keepRows([1, 1, 0]);
      expect(rows()).toEqual([5, 6, 7, 8, 5, 6, 7, 8, 1, 2, 3, 4]);
      const { keys } = cache.cross(1, source);
      cache.keepRows([1, 0, 2]); // beams of one text change places
      expect(cache.cross(1, source).keys).toBe(keys);
      cache.keepRows([2, 0]);
      expect(rows()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(made).toBe(1);
      cache.reset();
      cache.cross(1, source);
      expect(made).toBe(2);
      cache.dispose();
    });
  });

  it('heals when a pass broke off between two layers', () => {
    leavesNothing([], () => {
      const cache = new KeyValueCache(2);
      for (const layer of [0, 1]) cache.append(layer, token(1), token(1));
      cache.advance(1);
      cache.append(0, token(2), token(2)); // and layer 1 never came
      for (const layer of [0, 1]) {
        const { keys, length } = cache.append(layer, token(3), token(3));
        expect(held(keys, length)).toEqual([1, 1, 3, 3, 1, 1, 3, 3]);
      }
      cache.dispose();
    });
  });
});

describe('RecurrentState', () => {
  const state = (...numbers: number[]) => tf.tensor2d(numbers, [numbers.length, 1]);

  it('holds what counts, selects and frees itself', () => {
    leavesNothing([], () => {
      const memory = new RecurrentState(3);
      expect(memory.get(0)).toBeUndefined();
      memory.set(0, state(1, 2, 3));
      memory.set(1, state(4, 5, 6));
      expect(memory.get(0)).toBeUndefined();
      memory.advance(7);
      memory.keepRows([2, 0]);
      expect([0, 1].map((layer) => [...values(memory.get(layer)!)])).toEqual([
        [3, 1],
        [6, 4],
      ]);
      memory.set(0, state(7, 8)); // of a pass that broke off
      memory.set(0, state(9, 10));
      memory.set(1, state(11, 12));
      memory.advance(1);
      expect([memory.length, memory.batch]).toEqual([8, 2]);
      expect([...values(memory.get(0)!), ...values(memory.get(1)!)]).toEqual([9, 10, 11, 12]);
      expect(() => memory.truncate(7)).toThrow('a recurrent state of 8 tokens cannot go back');
      expect(() => memory.truncate(9)).toThrow('truncate(9): expected a whole number from 0 to 8');
      expect(() => memory.keepRows([2])).toThrow('keepRows([2]): expected places in a batch of 2');
      memory.truncate(8);
      memory.truncate(0);
      expect([memory.length, memory.get(0)]).toEqual([0, undefined]);
      memory.set(0, state(1, 1));
      memory.dispose();
    });
  });
});

describe('a weight shared by two modules', () => {
  class Tied extends Module {
    readonly embedding = new Embedding(5, 3, random);
    readonly head = new Linear(3, 5, random, { bias: false, weight: this.embedding.weight });
  }

  it('is one parameter under two names, with the gradient of both uses', () => {
    const tied = new Tied();
    leavesNothing([tied], () => {
      expect([...tied.namedParameters()].map(([name]) => name)).toEqual(['embedding.weight']);
      expect(tied.parameterCount()).toBe(15);
      const state = tied.stateDict();
      expect([...state.keys()]).toEqual(['embedding.weight', 'head.weight']);
      expect(state.get('head.weight')).toEqual(state.get('embedding.weight'));
      const other = new Tied();
      other.loadStateDict(state);
      expect(other.stateDict()).toEqual(state);
      state.set('head.weight', { ...state.get('head.weight')!, data: new Float32Array(15) });
      expect(() => other.loadStateDict(state)).toThrow(
        'head.weight and embedding.weight are one parameter, but have different values',
      );
      other.dispose();

      const ids = tf.tensor2d([[0, 3]], [1, 2], 'int32');
      const { variable } = tied.embedding.weight;
      const chosen = tf.cast(tf.oneHot([0, 3], 5), 'float32') as tf.Tensor2D;
      const used = (weight: tf.Tensor, out: tf.Tensor) => {
        const x = tf.matMul(chosen, weight as tf.Tensor2D);
        return tf.sum(tf.square(tf.matMul(x, out as tf.Tensor2D, false, true))) as tf.Scalar;
      };
      const { grads } = tf.variableGrads(
        () => tf.sum(tf.square(tied.head.forward(tied.embedding.forward(ids)))) as tf.Scalar,
        [variable],
      );
      const parts = tf.grads((a, b) => used(a, b))([tf.clone(variable), tf.clone(variable)]);
      const both = values(tf.add(parts[0], parts[1]));
      expect(largestDifference(values(grads[variable.name]), both)).toBeLessThan(1e-4);
    });
  });

  it('has to have the shape of both', () => {
    const { weight } = new Embedding(5, 3, random);
    expect(() => new Linear(5, 3, random, { weight })).toThrow('weight [5, 3]: expected [3, 5]');
    weight.dispose();
  });
});

describe('MixtureOfExperts', () => {
  it('sends every token through the expert with the largest router output', () => {
    const moe = new MixtureOfExperts(6, 10, 3, random);
    leavesNothing([moe], () => {
      const x = noise(2, 7, 6);
      const capture = new Capture();
      const output = moe.forward(x, { capture, layer: 1 });
      const scores = values(moe.router.forward(x));
      const rows = tf.unstack(tf.reshape(x, [14, 6]));
      const expected = rows.map((row, i) => {
        const three = Array.from(scores.slice(3 * i, 3 * i + 3));
        const expert = three.indexOf(Math.max(...three));
        expect(capture.get('route.1')!.data[i]).toBe(expert);
        return moe.experts[expert].forward(tf.reshape(row, [1, 6]));
      });
      expect(new Set(capture.get('route.1')!.data).size).toBe(3);
      expect(capture.get('router_probs.1')!.shape).toEqual([2, 7, 3]);
      expect(largestDifference(values(output), values(tf.concat(expected, 0)))).toBeLessThan(1e-6);
    });
  });

  it('trains the router when it is asked to: by its probability of the expert taken', () => {
    const moe = new MixtureOfExperts(4, 5, 3, new Random('trained'), { trainRouter: true });
    // Larger than drawn, so that no token is near the border between two experts.
    tf.tidy(() => moe.router.weight.variable.assign(tf.mul(moe.router.weight.variable, 3)));
    leavesNothing([moe], () => {
      const x = noise(2, 7, 4);
      const capture = new Capture();
      const output = moe.forward(x, { capture });
      const plain = new MixtureOfExperts(4, 5, 3, random);
      plain.loadStateDict(moe.stateDict());
      const probabilities = capture.get('router_probs.0')!.data;
      const largest = Array.from({ length: 14 }, (_, i) =>
        Math.max(...probabilities.slice(3 * i, 3 * i + 3)),
      );
      const expected = tf.mul(plain.forward(x), tf.tensor3d(largest, [2, 7, 1]));
      expect(largestDifference(values(output), values(expected))).toBeLessThan(1e-6);
      plain.dispose();

      // Against central differences, for a token alone: its expert stays the same.
      const { variable } = moe.router.weight;
      const one = tf.tensor3d([0.9, -0.4, 1.1, 0.3], [1, 1, 4]);
      const weights = noise(1, 1, 4);
      const total = () => tf.sum(tf.mul(moe.forward(one), weights)) as tf.Scalar;
      const gradient = values(tf.variableGrads(total, [variable]).grads[variable.name]);
      const start = values(variable).slice();
      const at = (i: number, change: number) => {
        const moved = start.slice();
        moved[i] += change;
        variable.assign(tf.tensor2d(moved, [3, 4]));
        return values(total())[0];
      };
      const numeric = Array.from(start, (_, i) => (at(i, 1e-2) - at(i, -1e-2)) / 2e-2);
      expect(relativeDifference(gradient, numeric)).toBeLessThan(2e-3);
      expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(1e-3);
      variable.assign(tf.tensor2d(start, [3, 4]));
    });
  });

  it('leaves the router without a gradient, and an idle expert with one of zeros', () => {
    const moe = new MixtureOfExperts(2, 3, 2, random);
    moe.router.weight.variable.assign(tf.tidy(() => tf.tensor2d([1, 0, -1, 0], [2, 2])));
    const parameters = [...moe.namedParameters()];
    leavesNothing([], () => {
      const x = tf.ones([1, 4, 2]) as tf.Tensor3D; // all go to expert 0
      const { grads } = tf.variableGrads(
        () => tf.sum(moe.forward(x)),
        parameters.map(([, { variable }]) => variable),
      );
      for (const [name, { variable }] of parameters) {
        if (name === 'router.weight') expect(grads[variable.name]).toBeUndefined();
        else if (name.startsWith('experts.1'))
          expect(values(grads[variable.name]).every((g) => g === 0)).toBe(true);
      }
      expect(values(grads[moe.experts[0].linear2.bias!.variable.name])).toEqual(Float32Array.of(4, 4));
    });
    moe.dispose();
  });
});

describe('Dropout', () => {
  it('acts in training only, the same way from the same count, and keeps the mean', () => {
    const dropout = new Dropout(0.25, new Random('drop'));
    leavesNothing([dropout], () => {
      const x = tf.ones([100, 100]);
      const first = values(dropout.forward(x));
      expect(new Set(first)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
      expect(Math.abs(first.filter((value) => value === 0).length / 1e4 - 0.25)).toBeLessThan(0.02);
      const second = values(dropout.forward(x));
      expect(second).not.toEqual(first);
      expect(dropout.counter).toBe(2);
      dropout.counter = 1;
      expect(values(dropout.forward(x))).toEqual(second);
      expect(dropout.eval().forward(x)).toBe(x);
      expect(dropout.counter).toBe(2);
    });
  });
});

describe('norms after a residual connection', () => {
  it('give the sum, and what they give for it', () => {
    const norms = [new LayerNorm(8), new RMSNorm(8)];
    leavesNothing(norms, () => {
      const [x, y] = [noise(2, 3, 8), noise(2, 3, 8)];
      for (const norm of norms) {
        const [sum, normed] = norm.addNorm(x, () => y);
        expect(largestDifference(values(sum), values(tf.add(x, y)))).toBeLessThan(1e-6);
        expect(largestDifference(values(normed), values(norm.forward(sum)))).toBeLessThan(1e-6);
        const dropout = new Dropout(0.5, random);
        const [thinned, ofThinned] = norm.addNorm(x, () => y, dropout);
        expect(dropout.counter).toBe(1);
        dropout.counter = 0;
        const dropped = tf.add(x, dropout.forward(y));
        expect(largestDifference(values(thinned), values(dropped))).toBeLessThan(1e-6);
        expect(largestDifference(values(ofThinned), values(norm.forward(dropped)))).toBeLessThan(1e-6);
      }
    });
  });
});

describe('embedWithPositions', () => {
  it('adds the rows of the positions, after a cache, and as a padding mask counts them', () => {
    const [tokens, places] = [new Embedding(7, 4, random), new Embedding(9, 4, random)];
    leavesNothing([tokens, places], () => {
      const ids = tf.tensor2d([5, 1, 1, 6, 2, 0], [2, 3], 'int32');
      const cache = { length: 4 } as KeyValueCache;
      const paddingMask = tf.tensor2d([0, 1, 1, 1, 1, 1], [2, 3]);
      const given = tf.tensor2d([8, 0, 3, 3, 2, 1], [2, 3], 'int32');
      for (const options of [{}, { cache }, { paddingMask }, { cache, paddingMask, positions: given }]) {
        const expected = tf.add(tokens.forward(ids), places.forward(positions(ids, options) as tf.Tensor1D));
        const actual = embedWithPositions(ids, tokens, places.weight.variable, options);
        expect(largestDifference(values(actual), values(expected))).toBeLessThan(1e-6);
      }
      expect(positions(ids, { paddingMask, positions: given }).arraySync()).toEqual(given.arraySync());
      const wrong = { positions: tf.tensor2d([0, 1], [1, 2], 'int32') };
      expect(() => embedWithPositions(ids, tokens, places.weight.variable, wrong)).toThrow(
        'positions [1, 2]: expected one for each id, [2, 3]',
      );
    });
  });
});

describe('attend and attendTo', () => {
  it('token by token with a cache they give what they give for all tokens at once', () => {
    const [batch, tokens, width, heads, length] = [2, 5, 8, 2, 7];
    leavesNothing([], () => {
      const qkv = [1, 2, 3].map(() => noise(batch, tokens, width)) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
      const other = { keys: noise(batch, length, width), values: noise(batch, length, width) };
      const bias = noise(heads, tokens, tokens);
      const crossBias = noise(heads, tokens, length);
      const paddingMask = tf.tensor2d([0, 1, 1, 1, 1, 1, 1, 1, 1, 0], [batch, tokens]);
      const otherMask = tf.tensor2d(
        Array.from({ length: batch * length }, (_, i) => (i % 7 > 4 ? 0 : 1)),
        [batch, length],
      );
      const whole = attend(qkv, { heads, bias }, { paddingMask });
      const packed = attend(tf.concat(qkv, 2), { heads, bias }, { paddingMask });
      expect(largestDifference(values(packed), values(whole))).toBeLessThan(1e-5);
      const toOther = attendTo(qkv[0], () => other, { heads, bias: crossBias }, { paddingMask: otherMask });

      const capture = new Capture();
      attend(qkv, { heads, bias, name: 'decoder.attn' }, { paddingMask, capture, layer: 3 });
      attendTo(qkv[0], () => other, { heads }, { paddingMask: otherMask, capture, layer: 3 });
      expect([...capture].map(([name, { shape }]) => [name, shape])).toEqual([
        ['decoder.attn.3', [batch, heads, tokens, tokens]],
        ['cross.3', [batch, heads, tokens, length]],
      ]);

      const cache = new KeyValueCache(batch);
      for (const [start, end] of [
        [0, 2],
        [2, 3],
        [3, 5],
      ]) {
        const part = <T extends tf.Tensor>(x: T) => tf.slice(x, [0, start, 0], [-1, end - start, -1]);
        const seen = {
          bias: tf.slice(bias, [0, start, 0], [-1, end - start, end]),
          mask: tf.slice(paddingMask, [0, 0], [-1, end]),
        };
        const now = attend(
          [part(qkv[0]), part(qkv[1]), part(qkv[2])],
          { heads, bias: seen.bias },
          { cache, paddingMask: seen.mask },
        );
        expect(largestDifference(values(now), values(part(whole)))).toBeLessThan(1e-5);
        const across = attendTo(
          part(qkv[0]),
          () => other,
          { heads, bias: part(crossBias) },
          { cache, paddingMask: otherMask },
        );
        expect(largestDifference(values(across), values(part(toOther)))).toBeLessThan(1e-5);
        cache.advance(end - start);
      }
      cache.dispose();
    });
  });
});

describe('dropout inside of other layers', () => {
  it('drops attention weights in training only, the same way from the same count', () => {
    const attention = new PackedSelfAttention(8, 2, random, { dropout: 0.5 });
    const plain = new PackedSelfAttention(8, 2, random);
    plain.loadStateDict(attention.stateDict()); // no names but those of the maps
    leavesNothing([attention, plain], () => {
      const x = noise(2, 6, 8);
      const whole = values(plain.forward(x));
      const dropped = values(attention.forward(x));
      expect(largestDifference(dropped, whole)).toBeGreaterThan(1e-2);
      expect(attention.dropout!.counter).toBe(1);
      attention.dropout!.counter = 0;
      expect(values(attention.forward(x))).toEqual(dropped);
      attention.eval();
      expect(largestDifference(values(attention.forward(x)), whole)).toBeLessThan(1e-6);
      expect(attention.dropout!.counter).toBe(1);
    });
    expect(() => new PackedSelfAttention(8, 2, random, { dropout: 1 })).toThrow(/rate 1/);
  });

  it('ends a residual branch with the pattern of a forward', () => {
    const dropout = new Dropout(0.5, random);
    leavesNothing([dropout], () => {
      const [x, y] = [noise(2, 3, 8), noise(2, 3, 8)];
      const sum = values(residual(x, () => y, dropout));
      expect(dropout.counter).toBe(1);
      dropout.counter = 0;
      expect(largestDifference(sum, values(tf.add(x, dropout.forward(y))))).toBeLessThan(1e-6);
      dropout.eval();
      expect(largestDifference(values(residual(x, () => y, dropout)), values(tf.add(x, y)))).toBeLessThan(
        1e-6,
      );
      expect(dropout.counter).toBe(1);
    });
  });
});

describe('Sequential', () => {
  it('is its members one after the other', () => {
    const [first, gelu, second] = [new Linear(3, 5, random), new GELU(), new Linear(5, 2, random)] as const;
    const row = new Sequential(first, gelu, second, new GELU());
    leavesNothing([row], () => {
      const x = noise(2, 4, 3);
      const apart = gelu.forward(second.forward(gelu.forward(first.forward(x))));
      expect(largestDifference(values(row.forward(x)), values(apart))).toBeLessThan(1e-6);
      const relu = new ReLU();
      const expected = second.forward(relu.forward(first.forward(x)));
      const curt = new Sequential(first, relu, second).forward(x);
      expect(largestDifference(values(curt), values(expected))).toBeLessThan(1e-6);
      expect(largestDifference(values(relu.forward(x)), values(tf.relu(x)))).toBe(0);
      const leading = new Sequential(gelu, first);
      expect(values(leading.forward(x))).toEqual(values(first.forward(gelu.forward(x))));
    });
  });
});

describe('positions', () => {
  it('go on after the cache, and count real tokens only', () => {
    leavesNothing([], () => {
      const ids = tf.zeros([2, 3], 'int32') as tf.Tensor2D;
      const cache = { length: 2 } as KeyValueCache;
      expect(Array.from(positions(ids, {}).dataSync())).toEqual([0, 1, 2]);
      expect(Array.from(positions(ids, { cache }).dataSync())).toEqual([2, 3, 4]);
      const paddingMask = tf.tensor2d(
        [
          [0, 0, 1, 1, 1],
          [1, 1, 1, 1, 0],
        ],
        [2, 5],
        'int32',
      );
      expect(positions(ids, { cache, paddingMask }).arraySync()).toEqual([
        [0, 1, 2],
        [2, 3, 3],
      ]);
    });
  });
});

describe('FeedForward', () => {
  it('works on each token by itself', () => {
    const ffn = new FeedForward(4, 9, random);
    leavesNothing([ffn], () => {
      const x = noise(2, 3, 4);
      const alone = tf.unstack(tf.reshape(x, [6, 4])).map((row) => ffn.forward(tf.reshape(row, [1, 4])));
      expect(largestDifference(values(ffn.forward(x)), values(tf.concat(alone, 0)))).toBeLessThan(1e-6);
    });
  });
});
