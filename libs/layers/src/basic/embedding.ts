// PyTorch's `nn.Embedding`, and token embeddings with positions.
import { tf } from '@lilformer/engine';
import { embedding, embeddingWithPositions, type Weight } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import type { ForwardOptions } from '../forward/forward-options.js';
import { Module } from '../module/module.js';
import { Parameter } from '../module/parameter.js';
import { checkRandom, checkSize } from '../module/sizes.js';

/** Options of an {@link Embedding}. */
export interface EmbeddingOptions {
  /** Standard deviation of the normal initialization; default 1, as in PyTorch. */
  std?: number;
  /** Row of the padding token, initialized to 0. Unlike PyTorch's, it has a gradient. */
  paddingIndex?: number;
}

/** A lookup table of embeddings. */
export class Embedding extends Module {
  /** `[numEmbeddings, embeddingDim]` */
  readonly weight: Parameter;
  readonly #paddingIndex: number | undefined;

  /**
   * @param numEmbeddings number of rows
   * @param embeddingDim size of a row
   * @throws RangeError when a size is not a positive integer
   */
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    random: Random,
    { std = 1, paddingIndex }: EmbeddingOptions = {},
  ) {
    super();
    checkSize('numEmbeddings', numEmbeddings);
    checkSize('embeddingDim', embeddingDim);
    this.#paddingIndex = paddingIndex;
    const init = (): Float32Array => {
      const values = new Float32Array(numEmbeddings * embeddingDim);
      checkRandom('Embedding', random).fillNormal(values, 0, std);
      if (paddingIndex !== undefined) {
        values.fill(0, paddingIndex * embeddingDim, (paddingIndex + 1) * embeddingDim);
      }
      return values;
    };
    this.weight = new Parameter(init, [numEmbeddings, embeddingDim], { bf16: true });
  }

  /**
   * int32 `[...]` to `[..., embeddingDim]`.
   * @throws Error naming the first id that is out of range
   */
  forward(ids: tf.Tensor1D): tf.Tensor2D;
  forward(ids: tf.Tensor2D): tf.Tensor3D;
  forward(ids: tf.Tensor): tf.Tensor;
  forward(ids: tf.Tensor): tf.Tensor {
    return embedding(ids, this.weight.operand);
  }

  override describe(): string {
    const padding = this.#paddingIndex === undefined ? '' : `, padding_idx=${this.#paddingIndex}`;
    return this.weight.shape.join(', ') + padding;
  }
}

/**
 * Token embeddings plus position embeddings: the input of a transformer.
 *
 * @param ids int32 `[B, T]`
 * @param positionTable learned positions, or a constant table `[L, C]`
 * @returns `[B, T, C]`
 * @throws Error naming the first id or position that is out of range
 */
export function embedWithPositions(
  ids: tf.Tensor2D,
  tokens: Embedding,
  positionTable: Embedding | Weight,
  options: ForwardOptions,
): tf.Tensor3D {
  const table = positionTable instanceof Embedding ? positionTable.weight.operand : positionTable;
  if (options.paddingMask || options.positions) {
    return tf.add(tokens.forward(ids), embedding(positions(ids, options), table));
  }
  const first = options.cache?.length ?? 0;
  return embeddingWithPositions(ids, tokens.weight.operand, table, first);
}

/**
 * Positions of the tokens: the given ones; else they continue after the cache, and with a padding mask count tokens
 * without padding.
 *
 * @param ids `[B, T]`
 * @returns int32 `[T]`, or `[B, T]` when given or with a padding mask; those of padding are arbitrary
 * @throws Error when the given positions and the ids differ in shape
 */
export function positions(
  ids: tf.Tensor2D,
  { cache, paddingMask, positions: given }: ForwardOptions,
): tf.Tensor1D | tf.Tensor2D {
  if (given) {
    if (given.shape.join() === ids.shape.join()) return given;
    throw new Error(
      `positions: shape is [${given.shape.join(', ')}]. Expected that of the ids, [${ids.shape.join(', ')}].`,
    );
  }
  const [, length] = ids.shape;
  const start = cache?.length ?? 0;
  if (!paddingMask) {
    return tf.tensor1d(
      Int32Array.from({ length }, (_, i) => start + i),
      'int32',
    );
  }
  return tf.tidy(() => {
    const counts = tf.relu(tf.sub(tf.cumsum(tf.cast(paddingMask, 'float32'), 1), 1));
    return tf.cast(tf.slice(counts, [0, start], [-1, length]), 'int32') as tf.Tensor2D;
  });
}
