// The two normalisations of a token's vector: LayerNorm (Ba, Kiros and Hinton, 2016) centres and scales,
// RMSNorm (Zhang and Sennrich, 2019) only scales.
import { tf } from '@lilformer/engine';
import { addLayerNorm, addRmsNorm, layerNorm, residual, rmsNorm } from '@lilformer/ops';
import type { Dropout } from './dropout.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { checkSize } from './sizes.js';
import { pythonFloat, type TreeForm } from './tree.js';

/** `(x - mean) / √(variance + eps) · weight + bias` over the last dimension; weight starts at 1, bias at 0. */
export class LayerNorm extends Module {
  /** `[width]` */
  readonly weight: Parameter;
  /** `[width]`; null without */
  readonly bias: Parameter | null;
  readonly eps: number;

  /**
   * @param width size of the last dimension
   * @param options.eps added to the variance; 1e-5 as in PyTorch unless given
   * @param options.bias whether there is a bias; true unless given
   * @throws RangeError when width is not a whole number of at least 1, or eps is not above 0
   */
  constructor(width: number, { eps = 1e-5, bias = true }: { eps?: number; bias?: boolean } = {}) {
    super();
    checkSize('width', width);
    this.eps = checkEps(eps);
    this.weight = new Parameter(() => new Float32Array(width).fill(1), [width]);
    this.bias = bias ? new Parameter(() => new Float32Array(width), [width]) : null;
  }

  /** `[..., width]` to the same shape. */
  forward<T extends tf.Tensor>(x: T): T {
    return this.scope(() => layerNorm(x, this.weight.variable, this.#offset, this.eps)) as T;
  }

  /** The bias, or zeros where there is none, as the kernel always adds one. */
  get #offset(): tf.Tensor {
    return this.bias?.variable ?? tf.zeros(this.weight.shape);
  }

  /**
   * Returns `sum = x + dropout(branch())` and the norm of `sum`; fused into one kernel when nothing is dropped.
   * Intermediate tensors of the branch are freed.
   */
  addNorm<T extends tf.Tensor>(x: T, branch: () => T, dropout?: Dropout): [sum: T, normed: T] {
    const y = this.scope(branch);
    const mask = dropout?.next();
    if (mask) {
      const sum = residual(x, y, mask);
      return [sum, this.forward(sum)];
    }
    return this.scope(() => addLayerNorm(x, y, this.weight.variable, this.#offset, this.eps)) as [T, T];
  }

  override describe(form: TreeForm): string {
    const bias = form === 'torch 2.15' ? `, bias=${this.bias ? 'True' : 'False'}` : '';
    return `(${this.weight.shape[0]},), eps=${pythonFloat(this.eps)}, elementwise_affine=True${bias}`;
  }
}

/** `x / √(mean(x²) + eps) · weight` over the last dimension; weight starts at 1. */
export class RMSNorm extends Module {
  /** `[width]` */
  readonly weight: Parameter;
  readonly eps: number;

  /**
   * @param width size of the last dimension
   * @param options.eps added to the mean square; 1e-8 unless given
   * @throws RangeError when width is not a whole number of at least 1, or eps is not above 0
   */
  constructor(width: number, { eps = 1e-8 }: { eps?: number } = {}) {
    super();
    checkSize('width', width);
    this.eps = checkEps(eps);
    this.weight = new Parameter(() => new Float32Array(width).fill(1), [width]);
  }

  /** `[..., width]` to the same shape. */
  forward<T extends tf.Tensor>(x: T): T {
    return rmsNorm(x, this.weight.variable, this.eps) as T;
  }

  /**
   * Returns `sum = x + dropout(branch())` and the norm of `sum`; fused into one kernel when nothing is dropped.
   * Intermediate tensors of the branch are freed.
   */
  addNorm<T extends tf.Tensor>(x: T, branch: () => T, dropout?: Dropout): [sum: T, normed: T] {
    const y = this.scope(branch);
    const mask = dropout?.next();
    if (mask) {
      const sum = residual(x, y, mask);
      return [sum, this.forward(sum)];
    }
    return addRmsNorm(x, y, this.weight.variable, this.eps) as [T, T];
  }

  override describe(): string {
    return `(${this.weight.shape[0]},), eps=${pythonFloat(this.eps)}, elementwise_affine=True`;
  }
}

function checkEps(eps: number): number {
  if (eps > 0 && Number.isFinite(eps)) return eps;
  throw new RangeError(`eps: is ${eps}. Expected a number above 0.`);
}
