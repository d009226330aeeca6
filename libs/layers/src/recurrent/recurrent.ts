// PyTorch's `nn.RNN` and `nn.GRU` with `batch_first=True`, in one direction.
import { tf } from '@lilformer/engine';
import { gru, rnn, type RecurrentResult, type RecurrentWeights } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import type { Capture } from '../forward/capture.js';
import { Module } from '../module/module.js';
import { Parameter } from '../module/parameter.js';
import { checkRandom, checkSize } from '../module/sizes.js';
import { captureGates } from './gru-cell.js';

/** Options of {@link RNN} and {@link GRU}. */
interface RecurrentOptions {
  /** Number of stacked layers; default 1. */
  numLayers?: number;
  /** Whether there are `bias_ih` and `bias_hh`; default true. */
  bias?: boolean;
}

/** Options of `forward`. */
interface RecurrentForwardOptions {
  capture?: Capture;
  /** Initial states `[numLayers, B, H]`; default zeros. */
  state?: tf.Tensor3D;
}

/** Result of `forward`. */
interface RecurrentOutput {
  /** Hidden states of the last layer, `[B, T, H]`. */
  output: tf.Tensor3D;
  /** Final hidden state of each layer, `[numLayers, B, H]`. */
  state: tf.Tensor3D;
}

/**
 * Parameters per layer N: `weight_ih_lN` [G · H, in or H], `weight_hh_lN` [G · H, H], `bias_ih_lN` and `bias_hh_lN` [G · H],
 * initialized uniformly in ±1/√H.
 */
abstract class Recurrent extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;

  /** @param gates G, the number of blocks of H rows in the weights */
  protected constructor(
    gates: number,
    inputSize: number,
    hiddenSize: number,
    random: Random,
    { numLayers = 1, bias = true }: RecurrentOptions,
  ) {
    super();
    this.inputSize = checkSize('inputSize', inputSize);
    this.hiddenSize = checkSize('hiddenSize', hiddenSize);
    this.numLayers = checkSize('numLayers', numLayers);
    this.bias = bias;
    const bound = 1 / Math.sqrt(hiddenSize);
    const rows = gates * hiddenSize;
    const add = (name: string, ...shape: number[]): void => {
      const init = (): Float32Array => {
        const values = new Float32Array(shape.reduce((size, n) => size * n, 1));
        checkRandom(this.constructor.name, random).fillUniform(values, -bound, bound);
        return values;
      };
      Object.assign(this, { [name]: new Parameter(init, shape) });
    };
    for (let layer = 0; layer < numLayers; layer++) {
      add(`weight_ih_l${layer}`, rows, layer === 0 ? inputSize : hiddenSize);
      add(`weight_hh_l${layer}`, rows, hiddenSize);
      if (!bias) continue;
      add(`bias_ih_l${layer}`, rows);
      add(`bias_hh_l${layer}`, rows);
    }
  }

  protected weights(layer: number): RecurrentWeights {
    const own = new Map(this.ownParameters());
    const find = (name: string): tf.Variable => own.get(`${name}_l${layer}`)!.variable;
    return {
      weightIh: find('weight_ih'),
      weightHh: find('weight_hh'),
      ...(this.bias ? { biasIh: find('bias_ih'), biasHh: find('bias_hh') } : {}),
    };
  }

  /**
   * Applies all layers to `[B, T, inputSize]`.
   * @throws Error when `x` or `state` has another shape
   */
  forward(x: tf.Tensor3D, { state, capture }: RecurrentForwardOptions = {}): RecurrentOutput {
    const { numLayers, hiddenSize, inputSize } = this;
    if (x.rank !== 3 || x.shape[2] !== inputSize) throw this.#shapeError('x', x, `[B, T, ${inputSize}]`);
    const expected = [numLayers, x.shape[0], hiddenSize].join(', ');
    if (state && state.shape.join(', ') !== expected) {
      throw this.#shapeError('state', state, `[numLayers, B, H] = [${expected}]`);
    }
    const before = state ? (tf.unstack(state) as tf.Tensor2D[]) : [];
    const after: tf.Tensor2D[] = [];
    let output = x;
    for (let layer = 0; layer < numLayers; layer++) {
      const result = this.applyLayer(output, layer, before[layer], capture);
      output = result.output;
      after.push(result.state);
    }
    return { output, state: tf.stack(after) as tf.Tensor3D };
  }

  #shapeError(name: string, { shape }: tf.Tensor, expected: string): Error {
    const owner = this.constructor.name;
    return new Error(`${owner}: ${name} has shape [${shape.join(', ')}]. Expected ${expected}.`);
  }

  /** One layer over `[B, T, …]` from its state `[B, H]`. */
  protected abstract applyLayer(
    x: tf.Tensor3D,
    layer: number,
    state: tf.Tensor2D | undefined,
    capture: Capture | undefined,
  ): RecurrentResult;

  override describe(): string {
    const { inputSize, hiddenSize, numLayers, bias } = this;
    const layers = numLayers === 1 ? '' : `, num_layers=${numLayers}`;
    return `${inputSize}, ${hiddenSize}${layers}${bias ? '' : ', bias=False'}, batch_first=True`;
  }
}

/** `h_t = tanh(x_t W_ihᵀ + b_ih + h_(t-1) W_hhᵀ + b_hh)`, or with ReLU. */
export class RNN extends Recurrent {
  readonly nonlinearity: 'tanh' | 'relu';

  /** @throws RangeError when a size is not a positive integer, or `nonlinearity` is unknown */
  constructor(
    inputSize: number,
    hiddenSize: number,
    random: Random,
    { nonlinearity = 'tanh', ...options }: RecurrentOptions & { nonlinearity?: 'tanh' | 'relu' } = {},
  ) {
    super(1, inputSize, hiddenSize, random, options);
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu') {
      throw new RangeError(`nonlinearity: is ${String(nonlinearity)}. Expected tanh or relu.`);
    }
    this.nonlinearity = nonlinearity;
  }

  protected override applyLayer(
    x: tf.Tensor3D,
    layer: number,
    state: tf.Tensor2D | undefined,
  ): RecurrentResult {
    return rnn(x, this.weights(layer), { state, nonlinearity: this.nonlinearity });
  }
}

/**
 * `h_t = (1 - z) n + z h_(t-1)` with reset gate r, update gate z and candidate state n, in this order in the weights.
 * Captures `gate.r.N`, `gate.z.N` and `gate.n.N` `[B, T, H]` of each layer N.
 */
export class GRU extends Recurrent {
  /** @throws RangeError when a size is not a positive integer */
  constructor(inputSize: number, hiddenSize: number, random: Random, options: RecurrentOptions = {}) {
    super(3, inputSize, hiddenSize, random, options);
  }

  protected override applyLayer(
    x: tf.Tensor3D,
    layer: number,
    state: tf.Tensor2D | undefined,
    capture: Capture | undefined,
  ): RecurrentResult {
    const { gates, ...result } = gru(x, this.weights(layer), { state, returnGates: capture !== undefined });
    captureGates(capture, gates, layer);
    return result;
  }
}
