// The linear map as GPT-2's files have it, transformers' `Conv1D`: the weight is stored with inputs as rows. In memory it
// lies as in every other linear map, one row an output, so that the same products run; only files see the difference.
import type { tf } from '@lilformer/engine';
import { linear, type Activation } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { checkSize } from './sizes.js';

/** `y = x W + b`, W being `[in, out]` in files. */
export class Conv1D extends Module {
  /** `[out, in]`; in the state dict transposed, `[in, out]` */
  readonly weight: Parameter;
  /** `[out]` */
  readonly bias: Parameter;

  /**
   * @param outFeatures,inFeatures sizes of the last dimension after and before, in transformers' order
   * @param random draws the first weights, normal with mean 0; the bias starts at 0
   * @param std standard deviation of the initial weights; 0.02 as in GPT-2
   * @throws RangeError when a size is not a whole number of at least 1
   */
  constructor(outFeatures: number, inFeatures: number, random: Random, std = 0.02) {
    super();
    checkSize('outFeatures', outFeatures);
    checkSize('inFeatures', inFeatures);
    const draw = (): Float32Array => {
      const values = new Float32Array(outFeatures * inFeatures);
      random.fillNormal(values, 0, std);
      return values;
    };
    this.weight = new Parameter(draw, [outFeatures, inFeatures], { transposed: true });
    this.bias = new Parameter(() => new Float32Array(outFeatures), [outFeatures]);
  }

  /** `[..., in]` to `[..., out]`, followed by `activation` if there is one. */
  forward<T extends tf.Tensor>(x: T, activation?: Activation): T {
    return linear(x, this.weight.operand, this.bias.variable, activation) as T;
  }

  override describe(): string {
    const [outFeatures, inFeatures] = this.weight.shape;
    return `nf=${outFeatures}, nx=${inFeatures}`;
  }
}
