// transformers' `Conv1D`, the linear layer of GPT-2: files store the weight as `[in, out]`. Memory holds `[out, in]`, as in Linear.
import type { tf } from '@lilformer/engine';
import { linear, type Activation } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { Module } from '../module/module.js';
import { Parameter } from '../module/parameter.js';
import { checkRandom, checkSize } from '../module/sizes.js';

/** `y = x W + b`, with W `[in, out]` in files. */
export class Conv1D extends Module {
  /** `[out, in]`; transposed in the state dict */
  readonly weight: Parameter;
  /** `[out]` */
  readonly bias: Parameter;

  /**
   * @param outFeatures first, as in transformers
   * @param std standard deviation of the initial weights; the bias starts at 0
   * @throws RangeError when a size is not a positive integer
   */
  constructor(outFeatures: number, inFeatures: number, random: Random, std = 0.02) {
    super();
    checkSize('outFeatures', outFeatures);
    checkSize('inFeatures', inFeatures);
    const init = (): Float32Array => {
      const values = new Float32Array(outFeatures * inFeatures);
      checkRandom('Conv1D', random).fillNormal(values, 0, std);
      return values;
    };
    this.weight = new Parameter(init, [outFeatures, inFeatures], { transposed: true, bf16: true });
    this.bias = new Parameter(() => new Float32Array(outFeatures), [outFeatures]);
  }

  /** `[..., in]` to `[..., out]`, then `activation`. */
  forward<T extends tf.Tensor>(x: T, activation?: Activation): T {
    return linear(x, this.weight.operand, this.bias.variable, activation) as T;
  }

  override describe(): string {
    const [outFeatures, inFeatures] = this.weight.shape;
    return `nf=${outFeatures}, nx=${inFeatures}`;
  }
}
