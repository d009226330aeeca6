// What the layers RNN and GRU share: their parameters under PyTorch's names, and the walk through a stack of layers.
// Leaves out the arithmetic, which is an operation, and both directions.
import { tf } from '@lilformer/engine';
import type { RecurrentResult, RecurrentWeights } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import type { ForwardOptions } from './forward-options.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { checkSize } from './sizes.js';

/** Settings of a recurrent layer. */
export interface RecurrentOptions {
  /** Layers one on the other, each over the states of the one below; 1 without. */
  numLayers?: number;
  /** Whether there are `bias_ih` and `bias_hh`; true without. */
  bias?: boolean;
}

/** What `forward` of a recurrent layer takes. */
export interface RecurrentForwardOptions extends Pick<ForwardOptions, 'capture'> {
  /** The states before the first step, `[numLayers, B, H]`, as an earlier call gave them; zeros without. */
  state?: tf.Tensor3D;
}

/** What `forward` of a recurrent layer gives. */
export interface RecurrentOutput {
  /** The states of the last layer, `[B, T, H]`. */
  output: tf.Tensor3D;
  /** The last state of every layer, `[numLayers, B, H]`. */
  state: tf.Tensor3D;
}

/**
 * A recurrent layer. Layer 0 has `weight_ih_l0` [G · H, in], `weight_hh_l0` [G · H, H], `bias_ih_l0` and `bias_hh_l0`
 * [G · H]; a layer above it, `_l1` and on, takes H inputs. All start uniform in ±1/√H, as PyTorch's do.
 */
export abstract class Recurrent extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;

  /** @param blocks G, the blocks of H rows in the weights */
  protected constructor(
    blocks: number,
    inputSize: number,
    hiddenSize: number,
    random: Random,
    options: RecurrentOptions,
  ) {
    super();
    this.inputSize = checkSize('inputSize', inputSize);
    this.hiddenSize = checkSize('hiddenSize', hiddenSize);
    this.numLayers = checkSize('numLayers', options.numLayers ?? 1);
    this.bias = options.bias ?? true;
    const bound = 1 / Math.sqrt(hiddenSize);
    const rows = blocks * hiddenSize;
    const draw = (name: string, ...shape: number[]): void => {
      const values = (): Float32Array => {
        const drawn = new Float32Array(shape.reduce((size, n) => size * n, 1));
        random.fillUniform(drawn, -bound, bound);
        return drawn;
      };
      Object.assign(this, { [name]: new Parameter(values, shape) });
    };
    for (let layer = 0; layer < this.numLayers; layer++) {
      draw(`weight_ih_l${layer}`, rows, layer === 0 ? inputSize : hiddenSize);
      draw(`weight_hh_l${layer}`, rows, hiddenSize);
      if (!this.bias) continue;
      draw(`bias_ih_l${layer}`, rows);
      draw(`bias_hh_l${layer}`, rows);
    }
  }

  /** The weights of one layer, as the operation takes them. */
  weights(layer: number): RecurrentWeights {
    const own = new Map(this.ownParameters());
    const find = (name: string): tf.Variable => own.get(`${name}_l${layer}`)!.variable;
    return {
      weightIh: find('weight_ih'),
      weightHh: find('weight_hh'),
      ...(this.bias ? { biasIh: find('bias_ih'), biasHh: find('bias_hh') } : {}),
    };
  }

  /**
   * Runs all layers over `[B, T, in]`, step by step from `state` on.
   *
   * @throws Error when `x` or `state` is not of this layer's shape
   */
  forward(x: tf.Tensor3D, options: RecurrentForwardOptions = {}): RecurrentOutput {
    const [batch, , inputs] = x.shape;
    const { numLayers, hiddenSize } = this;
    if (x.rank !== 3 || inputs !== this.inputSize) {
      throw new Error(
        `${this.constructor.name}: x [${x.shape.join(', ')}], expected [B, T, ${this.inputSize}]`,
      );
    }
    const expected = [numLayers, batch, hiddenSize].join(', ');
    if (options.state && options.state.shape.join(', ') !== expected) {
      const given = options.state.shape.join(', ');
      throw new Error(
        `${this.constructor.name}: state [${given}], expected [numLayers, B, H] = [${expected}]`,
      );
    }
    const before = options.state ? (tf.unstack(options.state) as tf.Tensor2D[]) : [];
    const after: tf.Tensor2D[] = [];
    let output = x;
    for (let layer = 0; layer < numLayers; layer++) {
      const result = this.run(output, layer, before[layer], options.capture);
      output = result.output;
      after.push(result.state);
    }
    return { output, state: tf.stack(after) as tf.Tensor3D };
  }

  /** One layer over `[B, T, …]` from its state `[B, H]`. */
  protected abstract run(
    x: tf.Tensor3D,
    layer: number,
    state: tf.Tensor2D | undefined,
    capture: ForwardOptions['capture'],
  ): RecurrentResult;

  override describe(): string {
    const { inputSize, hiddenSize, numLayers, bias } = this;
    const layers = numLayers === 1 ? '' : `, num_layers=${numLayers}`;
    return `${inputSize}, ${hiddenSize}${layers}${bias ? '' : ', bias=False'}, batch_first=True`;
  }
}
