// The two normalisations of a token's vector: LayerNorm (Ba, Kiros and Hinton, 2016) centres and scales,
// RMSNorm (Zhang and Sennrich, 2019) only scales.
import type { tf } from '@lilformer/engine';
import { addLayerNorm, addRmsNorm, layerNorm, residual, rmsNorm, type DropoutMask } from '@lilformer/ops';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { checkSize } from './sizes.js';
import { pythonFloat, type TreeForm } from './tree.js';

/** `(x - mean) / √(variance + eps) · weight + bias` over the last dimension; weight starts at 1, bias at 0. */
export class LayerNorm extends Module {
  /** `[width]` */
  readonly weight: Parameter;
  /** `[width]` */
  readonly bias: Parameter;

  /**
   * @param width size of the last dimension
   * @param eps added to the variance; 1e-5 as in PyTorch
   * @throws RangeError when width is not a whole number of at least 1, or eps is not above 0
   */
  constructor(
    width: number,
    readonly eps = 1e-5,
  ) {
    super();
    checkSize('width', width);
    checkEps(eps);
    this.weight = new Parameter(() => new Float32Array(width).fill(1), [width]);
    this.bias = new Parameter(() => new Float32Array(width), [width]);
  }

  /** `[..., width]` to the same shape. */
  forward<T extends tf.Tensor>(x: T): T {
    return layerNorm(x, this.weight.variable, this.bias.variable, this.eps) as T;
  }

  /** The sum `x + dropout(y)` of a residual connection, and its norm; in one pass where nothing drops. */
  ofSum<T extends tf.Tensor>(x: T, y: T, dropout?: DropoutMask): [sum: T, normed: T] {
    if (dropout) {
      const sum = residual(x, y, dropout);
      return [sum, this.forward(sum)];
    }
    return addLayerNorm(x, y, this.weight.variable, this.bias.variable, this.eps) as [T, T];
  }

  override describe(form: TreeForm): string {
    const bias = form === 'torch 2.15' ? ', bias=True' : '';
    return `(${this.weight.shape[0]},), eps=${pythonFloat(this.eps)}, elementwise_affine=True${bias}`;
  }
}

/** `x / √(mean(x²) + eps) · weight` over the last dimension; weight starts at 1. */
export class RMSNorm extends Module {
  /** `[width]` */
  readonly weight: Parameter;

  /**
   * @param width size of the last dimension
   * @param eps added to the mean square
   * @throws RangeError when width is not a whole number of at least 1, or eps is not above 0
   */
  constructor(
    width: number,
    readonly eps = 1e-8,
  ) {
    super();
    checkSize('width', width);
    checkEps(eps);
    this.weight = new Parameter(() => new Float32Array(width).fill(1), [width]);
  }

  /** `[..., width]` to the same shape. */
  forward<T extends tf.Tensor>(x: T): T {
    return rmsNorm(x, this.weight.variable, this.eps) as T;
  }

  /** The sum `x + dropout(y)` of a residual connection, and its norm; in one pass where nothing drops. */
  ofSum<T extends tf.Tensor>(x: T, y: T, dropout?: DropoutMask): [sum: T, normed: T] {
    if (dropout) {
      const sum = residual(x, y, dropout);
      return [sum, this.forward(sum)];
    }
    return addRmsNorm(x, y, this.weight.variable, this.eps) as [T, T];
  }

  override describe(): string {
    return `(${this.weight.shape[0]},), eps=${pythonFloat(this.eps)}, elementwise_affine=True`;
  }
}

function checkEps(eps: number): void {
  if (!(eps > 0 && Number.isFinite(eps))) throw new RangeError(`eps ${eps}: expected a number above 0`);
}
