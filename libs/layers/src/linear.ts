// The linear map, PyTorch's `nn.Linear`, with the activation that may follow computed in the same pass.
import type { tf } from '@lilformer/engine';
import { linear, type Activation } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { checkSize } from './sizes.js';

/** What a {@link Linear} takes besides its sizes. */
export interface LinearOptions {
  /** Whether there is a bias; true without. Or a parameter `[out]` to share, as `weight`. */
  bias?: boolean | Parameter;
  /**
   * A parameter `[out, in]` to share with another module instead of one of its own: the output map of a language model
   * often has the token embedding's (Press and Wolf, arXiv:1608.05859). It stays one parameter, under both names.
   */
  weight?: Parameter;
  /** Standard deviation of the initial weight, normal with mean 0; the bias starts at 0, as in BERT and GPT-2. */
  std?: number;
}

/** `y = x Wᵀ + b`. Weight and bias start uniform in ±1/√in, as PyTorch's do, unless `std` is given. */
export class Linear extends Module {
  /** `[out, in]` */
  readonly weight: Parameter;
  /** `[out]`, or null without */
  readonly bias: Parameter | null;

  /**
   * @param inFeatures,outFeatures sizes of the last dimension before and after
   * @param random draws the first weights
   * @throws RangeError when a size is not a whole number of at least 1, or a shared parameter has another shape
   */
  constructor(inFeatures: number, outFeatures: number, random: Random, options: LinearOptions = {}) {
    super();
    checkSize('inFeatures', inFeatures);
    checkSize('outFeatures', outFeatures);
    const { bias = true, std } = options;
    const bound = 1 / Math.sqrt(inFeatures);
    const draw = (...shape: number[]): Parameter =>
      new Parameter(() => {
        const values = new Float32Array(shape.reduce((size, n) => size * n, 1));
        if (std === undefined) random.fillUniform(values, -bound, bound);
        else if (shape.length > 1) random.fillNormal(values, 0, std);
        return values;
      }, shape);
    this.weight =
      checkShared('weight', options.weight, [outFeatures, inFeatures]) ?? draw(outFeatures, inFeatures);
    if (bias instanceof Parameter) this.bias = checkShared('bias', bias, [outFeatures]);
    else this.bias = bias ? draw(outFeatures) : null;
  }

  /** `[..., in]` to `[..., out]`, followed by `activation` if there is one. */
  forward<T extends tf.Tensor>(x: T, activation?: Activation): T {
    return linear(x, this.weight.operand, this.bias?.variable, activation) as T;
  }

  override describe(): string {
    const [outFeatures, inFeatures] = this.weight.shape;
    return `in_features=${inFeatures}, out_features=${outFeatures}, bias=${this.bias ? 'True' : 'False'}`;
  }
}

/** A parameter to share, which has to have the shape of one's own. */
function checkShared<Shared extends Parameter | undefined>(
  name: string,
  shared: Shared,
  shape: number[],
): Shared {
  if (shared && shared.shape.join() !== shape.join()) {
    throw new RangeError(`${name} [${shared.shape.join(', ')}]: expected [${shape.join(', ')}]`);
  }
  return shared;
}
