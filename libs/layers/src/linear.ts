// The linear map, PyTorch's `nn.Linear`, with the activation that may follow computed in the same pass.
import type { tf } from '@lilformer/engine';
import { linear, type Activation } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { checkSize } from './sizes.js';

/** `y = x Wᵀ + b`. Weight and bias start uniform in ±1/√in, as PyTorch's do. */
export class Linear extends Module {
  /** `[out, in]` */
  readonly weight: Parameter;
  /** `[out]`, or null without */
  readonly bias: Parameter | null;

  /**
   * @param inFeatures,outFeatures sizes of the last dimension before and after
   * @param random draws the first weights
   * @param options.bias whether there is one; true without
   * @param options.weight a parameter `[out, in]` to share with another module instead of one of its own: the output
   *   map of a language model often has the token embedding's (Press and Wolf, arXiv:1608.05859). It stays one
   *   parameter, under both names
   * @throws RangeError when a size is not a whole number of at least 1, or the shared weight has another shape
   */
  constructor(
    inFeatures: number,
    outFeatures: number,
    random: Random,
    options: { bias?: boolean; weight?: Parameter } = {},
  ) {
    super();
    checkSize('inFeatures', inFeatures);
    checkSize('outFeatures', outFeatures);
    const shared = options.weight;
    if (shared && shared.shape.join() !== `${outFeatures},${inFeatures}`) {
      throw new RangeError(`weight [${shared.shape.join(', ')}]: expected [${outFeatures}, ${inFeatures}]`);
    }
    const bound = 1 / Math.sqrt(inFeatures);
    const draw = (...shape: number[]) => {
      const values = new Float32Array(shape.reduce((size, n) => size * n, 1));
      random.fillUniform(values, -bound, bound);
      return new Parameter(values, shape);
    };
    this.weight = shared ?? draw(outFeatures, inFeatures);
    this.bias = (options.bias ?? true) ? draw(outFeatures) : null;
  }

  /** `[..., in]` to `[..., out]`, followed by `activation` if there is one. */
  forward<T extends tf.Tensor>(x: T, activation?: Activation): T {
    return linear(x, this.weight.variable, this.bias?.variable, activation) as T;
  }

  override describe(): string {
    const [outFeatures, inFeatures] = this.weight.shape;
    return `in_features=${inFeatures}, out_features=${outFeatures}, bias=${this.bias ? 'True' : 'False'}`;
  }
}
