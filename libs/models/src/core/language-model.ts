// The interface of decoder-only and recurrent language models: input checks, logits, loss and caches. Each model's
// arithmetic is in its own file.
import { tf } from '@lilformer/engine';
import { KeyValueCache, Module, type Cache, type ForwardOptions, type Linear } from '@lilformer/layers';
import { linearCrossEntropy } from '@lilformer/ops';
import { checkInput } from './check-input.js';

/** What `loss` takes besides ids and targets. */
export type LossOptions = Omit<ForwardOptions, 'lastOnly'>;

/** A model that predicts the next token at every position of a sequence. */
export abstract class LanguageModel extends Module {
  /** The parsed config: `type` and what `createModel` needs to build this model again. */
  abstract readonly config: { readonly type: string; readonly vocabSize: number };

  /** Token ids `[B, T]` to the input of the output projection, `[B, T, C]`. Runs in a memory scope, with checked input. */
  protected abstract hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D;

  /** The output projection, from `[B, T, C]` to logits `[B, T, V]`. */
  protected abstract get output(): Linear;

  /** Vocabulary size, V. */
  get vocabSize(): number {
    return this.config.vocabSize;
  }

  /** Longest sequence that `forward` takes, including cached tokens; Infinity without a limit. */
  get contextLength(): number {
    return (this.config as { contextLength?: number }).contextLength ?? Infinity;
  }

  /**
   * Logits of the next token at every position.
   *
   * With a cache, `ids` are the tokens after the cached ones, and the logits are theirs alone. The result is the only
   * tensor that is left behind; dispose it when done.
   *
   * @param ids `[B, T]` int32
   * @returns `[B, T, V]`; with `lastOnly` `[B, 1, V]`
   * @throws Error when ids are not int32 `[B, T]` with T from 1 to the context length, an id is not below V, or cache or
   *   mask have another shape
   */
  forward(ids: tf.Tensor2D, options: ForwardOptions = {}): tf.Tensor3D {
    this.#check(ids, options);
    return this.scope(() => {
      const [batch, tokens] = ids.shape;
      let x = this.hidden(ids, options); // [B, T, C]
      options.cache?.advance(tokens);
      if (options.lastOnly && tokens > 1) x = tf.slice(x, [0, tokens - 1, 0], [batch, 1, -1]);
      return this.output.forward(x);
    });
  }

  /**
   * Mean cross entropy of all targets, in nats per token.
   *
   * @param ids `[B, T]` int32
   * @param targets `[B, T]` int32, the next token at every position
   * @param options.cache tokens before `ids`. Recurrent models train with it (truncated backpropagation through time);
   *   attention over cached tokens has no gradient
   */
  loss(ids: tf.Tensor2D, targets: tf.Tensor2D, options: LossOptions = {}): tf.Scalar {
    if (targets.shape.join() !== ids.shape.join()) {
      throw new Error(`targets: shape is [${targets.shape}]. Expected the shape of ids, [${ids.shape}].`);
    }
    this.#check(ids, options);
    return this.scope(() => {
      const { weight, bias } = this.output;
      const x = this.hidden(ids, options);
      options.cache?.advance(ids.shape[1]);
      return linearCrossEntropy(x, weight.operand, bias?.variable, targets);
    });
  }

  /** An empty cache for `batch` sequences. Free it with `dispose`. */
  createCache(batch: number): Cache {
    return this.newCache(batch);
  }

  /** The kind of cache that this model's layers use. */
  protected newCache(batch: number): Cache {
    return new KeyValueCache(batch);
  }

  /** Throws on options that this model does not support. */
  protected checkOptions(_options: ForwardOptions): void {}

  #check(ids: tf.Tensor2D, options: ForwardOptions): void {
    this.checkOptions(options);
    // A class in JavaScript may lack it.
    if (!(this.output as Linear | undefined)) {
      throw new Error(
        `${this.constructor.name}: output is undefined. Expected a getter \`output\` that returns the output projection, a Linear.`,
      );
    }
    checkInput(this.constructor.name, ids, this.contextLength, options);
  }
}
