// A table with one row for each token or position, PyTorch's `nn.Embedding`, and where to look in it.
import { tf } from '@lilformer/engine';
import { embedding, embeddingWithPositions, type Weight } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import type { ForwardOptions } from './forward-options.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { checkSize } from './sizes.js';

/** What an {@link Embedding} takes besides its sizes. */
export interface EmbeddingOptions {
  /** Standard deviation of the initial values, normal with mean 0; 1 unless given. */
  std?: number;
  /** The row of padding: it starts at 0. (Unlike PyTorch's it learns where padding is not masked.) */
  paddingIndex?: number;
}

/** Looks up rows of a table. The table starts normal, with mean 0 and standard deviation 1, as PyTorch's does. */
export class Embedding extends Module {
  /** `[count, width]` */
  readonly weight: Parameter;
  readonly #paddingIndex: number | undefined;

  /**
   * @param count number of rows: the vocabulary's size, or the longest text
   * @param width length of a row
   * @param random draws the first values
   * @throws RangeError when a size is not a whole number of at least 1
   */
  constructor(
    count: number,
    width: number,
    random: Random,
    { std = 1, paddingIndex }: EmbeddingOptions = {},
  ) {
    super();
    checkSize('count', count);
    checkSize('width', width);
    this.#paddingIndex = paddingIndex;
    this.weight = new Parameter(() => {
      const values = new Float32Array(count * width);
      random.fillNormal(values, 0, std);
      if (paddingIndex !== undefined) values.fill(0, paddingIndex * width, (paddingIndex + 1) * width);
      return values;
    }, [count, width]);
  }

  /**
   * int32 `[...]` to `[..., width]`.
   * @throws Error naming the first id that has no row
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
 * Token embeddings plus position embeddings (see {@link positions}), as the input of a transformer.
 *
 * @param ids int32 `[B, T]`
 * @param positionTable learned positions, or a constant table `[L, C]`
 * @returns `[B, T, C]`
 * @throws Error naming the first id or position that has no row
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
  return embeddingWithPositions(ids, tokens.weight.operand, table, first) as tf.Tensor3D;
}

/**
 * Positions of the tokens of a forward pass: those that are given; else they go on after the cache's, and with a padding
 * mask they count real tokens only, so that a text gets the same positions wherever its padding is.
 *
 * @param ids `[B, T]`
 * @returns int32 `[T]`, or `[B, T]` when given or with a padding mask; a padded place has a position too, of no meaning
 * @throws Error when the given positions have another shape than the ids
 */
export function positions(
  ids: tf.Tensor2D,
  { cache, paddingMask, positions: given }: ForwardOptions,
): tf.Tensor1D | tf.Tensor2D {
  const [, tokens] = ids.shape;
  if (given) {
    if (given.shape.join() === ids.shape.join()) return given;
    throw new Error(
      `positions [${given.shape.join(', ')}]: expected one for each id, [${ids.shape.join(', ')}]`,
    );
  }
  const before = cache?.length ?? 0;
  if (!paddingMask)
    return tf.tensor1d(
      Int32Array.from({ length: tokens }, (_, i) => before + i),
      'int32',
    );
  return tf.tidy(() => {
    const counted = tf.relu(tf.sub(tf.cumsum(tf.cast(paddingMask, 'float32'), 1), 1));
    return tf.cast(tf.slice(counted, [0, before], [-1, tokens]), 'int32') as tf.Tensor2D;
  });
}
