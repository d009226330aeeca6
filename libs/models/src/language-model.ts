// What every language model here can do, whatever is inside: check its input, give logits and a loss,
// and clean up after itself. The arithmetic of each model is in its own file.
import { tf, tidy } from '@lilformer/engine';
import { KeyValueCache, Module, type Cache, type ForwardOptions, type Linear } from '@lilformer/layers';
import { linearCrossEntropy } from '@lilformer/ops';
import { checkInput } from './check-input.js';

/** Sizes of a model, as plain JSON: `type` says which, the rest is what its constructor takes. */
export interface ModelConfig {
  readonly type: string;
  /** Number of different tokens, V. */
  readonly vocabSize: number;
  /** Most tokens that `forward` takes; absent where there is no limit. */
  readonly contextLength?: number;
}

/** What `loss` takes besides ids and targets. */
export type LossOptions = Omit<ForwardOptions, 'lastOnly'>;

/** A model that, for each token of a text, scores every token that may come next. */
export abstract class LanguageModel extends Module {
  /** What `createModel` needs to build this model again. */
  abstract readonly config: ModelConfig;

  /**
   * The arithmetic up to the last map: token ids `[B, T]` to what the model has come to think at each place,
   * `[B, T, C]`. Runs inside a tidy, with checked input.
   */
  protected abstract hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D;

  /** The last map, from `[B, T, C]` to logits. Apart from `hidden`, so that only the logits needed are computed. */
  protected abstract get output(): Linear;

  /** Number of different tokens, V. */
  get vocabSize(): number {
    return this.config.vocabSize;
  }

  /** Most tokens, those in the cache included, that `forward` takes; Infinity where there is no limit. */
  get contextLength(): number {
    return this.config.contextLength ?? Infinity;
  }

  /**
   * Scores of the next token, at every place.
   *
   * With a cache, `ids` are the tokens that follow those it has seen, and the logits are theirs alone.
   * Outside of a tidy, the result is the only tensor that stays behind; dispose it when done.
   *
   * @param ids `[B, T]` int32
   * @returns `[B, T, V]`; with `lastOnly` `[B, 1, V]`
   * @throws Error when ids are not int32 of two dimensions, at least one token a row and at most what the
   *   context holds, each in the vocabulary; or when cache or mask are for another shape
   */
  forward(ids: tf.Tensor2D, options: ForwardOptions = {}): tf.Tensor3D {
    this.#check(ids, options);
    return tidy(() => {
      const [batch, tokens] = ids.shape;
      let x = this.hidden(ids, options); // [B, T, C]
      options.cache?.advance(tokens);
      if (options.lastOnly && tokens > 1) x = tf.slice(x, [0, tokens - 1, 0], [batch, 1, -1]);
      return this.output.forward(x);
    });
  }

  /**
   * Mean cross entropy, in nats a token, of all targets.
   *
   * @param ids `[B, T]` int32
   * @param targets `[B, T]` int32: the token that does come next, at every place
   * @param options.cache what came before. A recurrent model trains with it, too: gradients end where its state begins;
   *   attention over cached tokens has none
   */
  loss(ids: tf.Tensor2D, targets: tf.Tensor2D, options: LossOptions = {}): tf.Scalar {
    if (targets.shape.join() !== ids.shape.join()) {
      throw new Error(
        `targets of shape [${targets.shape}] for ids of shape [${ids.shape}]: expected the same`,
      );
    }
    this.#check(ids, options);
    return tidy(() => {
      const { weight, bias } = this.output;
      const x = this.hidden(ids, options);
      options.cache?.advance(ids.shape[1]);
      return linearCrossEntropy(x, weight.operand, bias?.variable, targets);
    });
  }

  /** An empty memory for `batch` sequences that go on side by side; it frees itself with `dispose`. */
  createCache(batch: number): Cache {
    return this.newCache(batch);
  }

  /** The kind of memory that this model's layers use. */
  protected newCache(batch: number): Cache {
    return new KeyValueCache(batch);
  }

  /** Says no to options that this model cannot do. */
  protected checkOptions(_options: ForwardOptions): void {}

  #check(ids: tf.Tensor2D, options: ForwardOptions): void {
    this.checkOptions(options);
    checkInput(this.constructor.name, ids, this.contextLength, options);
  }
}
