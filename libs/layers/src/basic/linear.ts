// PyTorch's `nn.Linear`, with an activation computed in the same pass.
import type { tf } from '@lilformer/engine';
import { linear, type Activation } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { Module } from '../module/module.js';
import { Parameter } from '../module/parameter.js';
import { checkRandom, checkSize } from '../module/sizes.js';

/** Options of a {@link Linear}. */
export interface LinearOptions {
  /** Whether there is a bias (default true), or a parameter `[out]` of another module to share. */
  bias?: boolean | Parameter;
  /** A parameter `[out, in]` of another module to share, as in tied embeddings (Press and Wolf, arXiv:1608.05859). */
  weight?: Parameter;
  /** Standard deviation of the normal initialization of the weight; the bias then starts at 0, as in BERT and GPT-2. */
  std?: number;
}

/** `y = x Wᵀ + b`. Without `std`, weight and bias are initialized uniformly in ±1/√in, as in PyTorch. */
export class Linear extends Module {
  /** `[out, in]` */
  readonly weight: Parameter;
  /** `[out]`, or null */
  readonly bias: Parameter | null;

  /** @throws RangeError when a size is not a positive integer, or a shared parameter has another shape */
  constructor(inFeatures: number, outFeatures: number, random: Random, options: LinearOptions = {}) {
    super();
    checkSize('inFeatures', inFeatures);
    checkSize('outFeatures', outFeatures);
    const { bias = true, std } = options;
    const bound = 1 / Math.sqrt(inFeatures);
    const init = (...shape: number[]): Parameter => {
      const isMatrix = shape.length > 1;
      return new Parameter(
        () => {
          const values = new Float32Array(shape.reduce((size, n) => size * n, 1));
          checkRandom('Linear', random);
          if (std === undefined) random.fillUniform(values, -bound, bound);
          else if (isMatrix) random.fillNormal(values, 0, std);
          return values;
        },
        shape,
        { bf16: isMatrix },
      );
    };
    this.weight =
      checkShared('weight', options.weight, [outFeatures, inFeatures]) ?? init(outFeatures, inFeatures);
    if (bias instanceof Parameter) this.bias = checkShared('bias', bias, [outFeatures]);
    else this.bias = bias ? init(outFeatures) : null;
  }

  /** `[..., in]` to `[..., out]`, then `activation`. */
  forward<T extends tf.Tensor>(x: T, activation?: Activation): T {
    return linear(x, this.weight.operand, this.bias?.variable, activation) as T;
  }

  override describe(): string {
    const [outFeatures, inFeatures] = this.weight.shape;
    return `in_features=${inFeatures}, out_features=${outFeatures}, bias=${this.bias ? 'True' : 'False'}`;
  }
}

function checkShared<Shared extends Parameter | undefined>(
  name: string,
  shared: Shared,
  shape: number[],
): Shared {
  if (!shared || shared.shape.join() === shape.join()) return shared;
  throw new RangeError(
    `${name}: shared parameter has shape [${shared.shape.join(', ')}]. Expected [${shape.join(', ')}].`,
  );
}
