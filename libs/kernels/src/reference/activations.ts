// Activations and their derivatives.
import type { Kernels } from '../kernels.js';
import { ACTIVATION } from '../operations.js';
import { assertOperation } from './checked.js';

interface Activation {
  value(x: number): number;
  /** The derivative at x; `kept` of linear layers takes the place of x. */
  derivative(x: number): number;
}

/**
 * The error function: 2/√π · exp(-x²) · Σ 2^n x^(2n+1) / (1 · 3 · … · (2n+1)) (Abramowitz and Stegun, Handbook of Mathematical
 * Functions, 7.1.6). All terms have one sign, so none cancel.
 */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** The distribution function Φ of the standard normal distribution. */
const normal = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;
const normalDensity = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** max(0, x), NaN for NaN. */
export const relu = (x: number): number => (x <= 0 ? 0 : x);

/** GELU by tanh: x/2 · (1 + tanh(u)) with u = √(2/π) (x + 0.044715 x³). */
const inner = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const innerDerivative = (x: number): number => Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);

const byKind: Record<keyof typeof ACTIVATION, Activation> = {
  relu: { value: relu, derivative: (x) => (x > 0 ? 1 : 0) },
  gelu: { value: (x) => x * normal(x), derivative: (x) => normal(x) + x * normalDensity(x) },
  geluTanh: {
    value: (x) => 0.5 * x * (1 + Math.tanh(inner(x))),
    derivative: (x) => {
      const t = Math.tanh(inner(x));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * innerDerivative(x);
    },
  },
  none: { value: (x) => x, derivative: () => 1 },
};

/** The activation of a number of `ACTIVATION`. */
export function activation(
  name: string,
  kind: number,
  table: Readonly<Record<string, number>> = ACTIVATION,
): Activation {
  assertOperation(name, kind, table);
  return [byKind.relu, byKind.gelu, byKind.geluTanh, byKind.none][kind];
}

const { none: _none, ...SEPARATE } = ACTIVATION;

export const activations: Pick<Kernels, 'activationForward' | 'activationBackward'> = {
  activationForward({ x, y, kind }) {
    const { value } = activation('kind', kind, SEPARATE);
    for (let i = 0; i < x.length; i++) y[i] = value(x[i]);
  },

  activationBackward({ dy, x, dx, kind }) {
    const { derivative } = activation('kind', kind, SEPARATE);
    for (let i = 0; i < x.length; i++) dx[i] = dy[i] * derivative(x[i]);
  },
};
