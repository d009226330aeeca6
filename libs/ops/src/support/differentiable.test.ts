import { differentiable, openEngine, tf } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectMatch, expectFiniteDifferences, numbers } from '../testing/gradients.js';

/** a · b + a, with intermediate tensors, a saved one of its own, and a gradient on request. */
function fused(a: tf.Tensor, b: tf.Tensor, asked: string[] = []): tf.Tensor {
  return differentiable(
    'fused',
    [a, b],
    (save) => {
      const more = tf.add(b, 1);
      save?.(a, more);
      return tf.mul(a, more);
    },
    (dy, [a, more]) => [
      tf.mul(dy, more),
      () => {
        asked.push('b');
        return tf.mul(dy, a);
      },
    ],
  );
}

/** Sum and difference; both outputs have a gradient. */
function both(a: tf.Tensor, b: tf.Tensor, seen: boolean[] = []): tf.Tensor[] {
  return differentiable(
    'both',
    [a, b],
    () => [tf.add(a, b), tf.sub(a, b)],
    ([ofSum, ofDifference]) => {
      seen.push(ofSum !== undefined, ofDifference !== undefined);
      const zero = tf.zerosLike(a);
      const sum = ofSum ?? zero;
      const difference = ofDifference ?? zero;
      return [tf.add(sum, difference), tf.sub(sum, difference)];
    },
  );
}

describe('differentiable', () => {
  beforeAll(async () => {
    await openEngine();
  });
  const a = (): tf.Tensor => numbers([3, 2], 1);
  const b = (): tf.Tensor => numbers([3, 2], 2);

  it('returns value and gradients, and leaks no tensor', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      expectMatch(
        (a, b) => fused(a, b),
        (a, b) => tf.add(tf.mul(a, b), a),
        [a(), b()],
      );
      expectFiniteDifferences((a, b) => fused(a, b), [a(), b()]);
      // the same tensor twice
      expectFiniteDifferences((x) => fused(x, x), [a()]);
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('saves only when a gradient will be asked for, and not inside another operation', () => {
    const saves: unknown[] = [];
    const square = (x: tf.Tensor): tf.Tensor =>
      differentiable(
        'square',
        [x],
        (save) => {
          saves.push(save);
          save?.(x);
          return tf.square(x);
        },
        (dy, [x]) => [tf.mul(dy, tf.mul(2, x))],
      );
    tf.tidy(() => {
      square(a());
      expect(saves).toEqual([undefined]);
      tf.grad((x) => tf.sum(square(x)))(a());
      expect(saves[1]).toBeTypeOf('function');
      tf.grad((x) =>
        tf.sum(
          differentiable(
            'outer',
            [x],
            () => square(x),
            (dy) => [dy],
          ),
        ),
      )(a());
      expect(saves[2]).toBeUndefined();
    });
  });

  it('computes only needed gradients', () => {
    tf.tidy(() => {
      const asked: string[] = [];
      const constant = b();
      tf.grad((x) => tf.sum(fused(x, constant, asked)))(a());
      expect(asked).toEqual([]);
    });
  });

  it('supports several outputs, some without gradient', () => {
    const reference = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.mul(tf.add(a, b), tf.square(tf.sub(a, b)));
    const product = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
      const [sum, difference] = both(a, b);
      return tf.mul(sum, tf.square(difference));
    };
    tf.tidy(() => {
      expectMatch(product, reference, [a(), b()]);
      const seen: boolean[] = [];
      expectMatch(
        (a, b) => both(a, b, seen)[1],
        (a, b) => tf.sub(a, b),
        [a(), b()],
      );
      expect(seen).toEqual([false, true]);
    });
  });

  it('returns an input as a new tensor', () => {
    const x = a();
    const same = (x: tf.Tensor): tf.Tensor =>
      differentiable(
        'same',
        [x],
        () => x,
        (dy) => [dy],
      );
    const y = same(x);
    y.dispose();
    expect(x.isDisposed).toBe(false);
    expectMatch(same, (x) => tf.clone(x), [x]);
    x.dispose();
  });

  it('returns saved gradients as new tensors', () => {
    const x = a();
    const scaled = (x: tf.Tensor): tf.Tensor =>
      differentiable(
        'scaled',
        [x],
        (save) => {
          save?.(tf.fill(x.shape, 3));
          return tf.sum(tf.mul(x, 3));
        },
        (_, [slope]) => [slope],
      );
    const gradient = tf.grad(scaled)(x);
    expect([...gradient.dataSync()]).toEqual(Array(6).fill(3));
    tf.dispose([gradient, x]);
  });

  it('leaks no tensor when the forward pass throws', () => {
    const x = a();
    const before = tf.memory().numTensors;
    const failing = (): tf.Tensor =>
      differentiable(
        'failing',
        [x],
        (save) => {
          save?.(tf.square(x));
          throw new Error('no');
        },
        (dy) => [dy],
      );
    expect(failing).toThrow('no');
    expect(() => tf.grad(failing)(x)).toThrow('no');
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });

  it('rejects a second derivative', () => {
    tf.tidy(() => {
      const x = a();
      const y = b();
      const slope = tf.grad((x) => tf.sum(fused(tf.square(x), y)));
      expect(() => tf.grad((x) => tf.sum(slope(x)))(x)).toThrow(/fused has no second derivative/);
      // its gradient may be used inside another one that does not go through it
      const scaled = tf.grad((y) => tf.sum(tf.mul(y, tf.grad((x) => tf.sum(tf.square(x)))(x))));
      expect(scaled(y).shape).toEqual([3, 2]);
    });
  });

  it('rejects a wrong number of gradients', () => {
    tf.tidy(() => {
      const wrong = (x: tf.Tensor): tf.Tensor =>
        differentiable(
          'wrong',
          [x],
          () => tf.square(x),
          (dy) => [dy, dy],
        );
      expect(() => tf.grad((x) => tf.sum(wrong(x)))(a())).toThrow(/wrong: 2 gradients for 1 inputs/);
    });
  });
});
