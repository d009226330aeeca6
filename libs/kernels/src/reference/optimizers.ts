// Steps of Adam (Kingma and Ba, arXiv:1412.6980), AdamW (Loshchilov and Hutter, arXiv:1711.05101) and SGD with
// momentum, and the sum of squares for gradient clipping.
import type { Floats, Kernels } from '../kernels.js';
import { assert } from './checked.js';
import { sum } from './sum.js';

type Optimizers = Pick<Kernels, 'sumOfSquares' | 'adamStep' | 'sgdStep'>;

/** Checks that each list has an array for each gradient, of its length. */
function checkLists(gradients: readonly Floats[], lists: Readonly<Record<string, readonly Floats[]>>): void {
  for (const [name, list] of Object.entries(lists)) {
    assert(list.length === gradients.length, `${name}: ${list.length} arrays. Expected ${gradients.length}.`);
    for (const [i, { length }] of list.entries()) {
      const expected = gradients[i].length;
      assert(length === expected, `${name}: ${length} elements. Expected ${expected}.`);
    }
  }
}

export const optimizers: Optimizers = {
  sumOfSquares({ arrays }) {
    return sum(arrays.length, (a) => sum(arrays[a].length, (i) => arrays[a][i] ** 2));
  },

  adamStep(call) {
    const { gradients, factors, weights, first, second, beta1, beta2, epsilon, shrink, l2, scale } = call;
    checkLists(gradients, { weights, first, second });
    for (const [p, gradient] of gradients.entries()) {
      const [stepSize, correction] = [factors[2 * p], factors[2 * p + 1]];
      for (let i = 0; i < gradient.length; i++) {
        const weight = weights[p][i] * shrink;
        const g = gradient[i] * scale + l2 * weight;
        const m = beta1 * first[p][i] + (1 - beta1) * g;
        const v = beta2 * second[p][i] + (1 - beta2) * g * g;
        first[p][i] = m;
        second[p][i] = v;
        weights[p][i] = weight - (stepSize * m) / (Math.sqrt(v) * correction + epsilon);
      }
    }
  },

  sgdStep({ gradients, weights, velocity, learningRate, momentum, weightDecay, scale }) {
    checkLists(gradients, { weights, velocity });
    for (const [p, gradient] of gradients.entries()) {
      for (let i = 0; i < gradient.length; i++) {
        const g = gradient[i] * scale + weightDecay * weights[p][i];
        const v = momentum * velocity[p][i] + g;
        velocity[p][i] = v;
        weights[p][i] -= learningRate * v;
      }
    }
  },
};
