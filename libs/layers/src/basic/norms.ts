// LayerNorm (Ba, Kiros and Hinton, 2016) and RMSNorm (Zhang and Sennrich, 2019).
import { tf } from '@lilformer/engine';
import { addLayerNorm, addRmsNorm, layerNorm, residual, rmsNorm } from '@lilformer/ops';
import { Module } from '../module/module.js';
import { Parameter } from '../module/parameter.js';
import { checkSize } from '../module/sizes.js';
import { pythonFloat, type TreeForm } from '../module/tree.js';
import type { Dropout } from './dropout.js';

/** What both norms share: a weight of ones over the last dimension, and `eps`. */
abstract class Norm extends Module {
  /** `[dModel]` */
  readonly weight: Parameter;

  constructor(
    dModel: number,
    readonly eps: number,
  ) {
    super();
    checkSize('dModel', dModel);
    if (!(eps > 0 && Number.isFinite(eps))) {
      throw new RangeError(`eps: is ${eps}. Expected a number above 0.`);
    }
    this.weight = new Parameter(() => new Float32Array(dModel).fill(1), [dModel]);
  }

  /** `[..., dModel]` to the same shape. */
  abstract forward<T extends tf.Tensor>(x: T): T;

  /** `sum = x + y` and the norm of `sum` in one kernel. */
  protected abstract addFused(x: tf.Tensor, y: tf.Tensor): tf.Tensor[];

  /**
   * Returns `sum = x + dropout(branch())` and the norm of `sum`; one kernel when nothing is dropped. Disposes the
   * intermediate tensors of the branch.
   */
  addNorm<T extends tf.Tensor>(x: T, branch: () => T, dropout?: Dropout): [sum: T, normed: T] {
    const y = this.scope(branch);
    const mask = dropout?.next();
    if (!mask) return this.addFused(x, y) as [T, T];
    const sum = residual(x, y, mask);
    return [sum, this.forward(sum)];
  }

  override describe(_form: TreeForm): string {
    return `(${this.weight.shape[0]},), eps=${pythonFloat(this.eps)}, elementwise_affine=True`;
  }
}

/** `(x - mean) / √(variance + eps) · weight + bias` over the last dimension. */
export class LayerNorm extends Norm {
  /** `[dModel]`, or null */
  readonly bias: Parameter | null;

  /** @throws RangeError when dModel is not a positive integer, or eps is not above 0 */
  constructor(dModel: number, { eps = 1e-5, bias = true }: { eps?: number; bias?: boolean } = {}) {
    super(dModel, eps);
    this.bias = bias ? new Parameter(() => new Float32Array(dModel), [dModel]) : null;
  }

  override forward<T extends tf.Tensor>(x: T): T {
    return this.scope(() => layerNorm(x, this.weight.variable, this.#bias, this.eps)) as T;
  }

  protected override addFused(x: tf.Tensor, y: tf.Tensor): tf.Tensor[] {
    return this.scope(() => addLayerNorm(x, y, this.weight.variable, this.#bias, this.eps));
  }

  /** The bias, or zeros: the kernel always adds one. */
  get #bias(): tf.Tensor {
    return this.bias?.variable ?? tf.zeros(this.weight.shape);
  }

  override describe(form: TreeForm): string {
    const bias = form === 'torch 2.15' ? `, bias=${this.bias ? 'True' : 'False'}` : '';
    return super.describe(form) + bias;
  }
}

/** `x / √(mean(x²) + eps) · weight` over the last dimension. */
export class RMSNorm extends Norm {
  /** @throws RangeError when dModel is not a positive integer, or eps is not above 0 */
  constructor(dModel: number, { eps = 1e-8 }: { eps?: number } = {}) {
    super(dModel, eps);
  }

  override forward<T extends tf.Tensor>(x: T): T {
    return rmsNorm(x, this.weight.variable, this.eps) as T;
  }

  protected override addFused(x: tf.Tensor, y: tf.Tensor): tf.Tensor[] {
    return addRmsNorm(x, y, this.weight.variable, this.eps);
  }
}
