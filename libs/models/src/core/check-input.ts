// Checks of a forward pass's inputs. The embedding checks that ids are in the vocabulary.
import type { tf } from '@lilformer/engine';
import type { Cache } from '@lilformer/layers';

/**
 * Checks ids, cache and padding mask.
 *
 * @param name the model, for messages
 * @param contextLength most tokens, including cached ones
 * @throws Error when ids are not int32 `[B, T]` with T from 1 to what the context holds, or cache or mask have another shape
 */
export function checkInput(
  name: string,
  ids: tf.Tensor2D,
  contextLength: number,
  { cache, paddingMask }: { readonly cache?: Cache; readonly paddingMask?: tf.Tensor2D },
): void {
  if (ids.rank !== 2 || ids.dtype !== 'int32') {
    throw new Error(`${name}: ids are ${ids.dtype} of shape [${ids.shape}]. Expected int32 [batch, tokens].`);
  }
  const [batch, tokens] = ids.shape;
  if (ids.size === 0) throw new Error(`${name}: ids have shape [${ids.shape}]. Expected at least one token.`);
  const before = cache?.length ?? 0;
  if (before + tokens > contextLength) {
    const sum = before > 0 ? `${before} cached and ${tokens} new tokens` : `${tokens} tokens`;
    throw new Error(
      `${name}: ${sum}. Expected at most the context length, ${contextLength}. Pass the last ones only.`,
    );
  }
  if (cache && cache.batch !== batch) {
    throw new Error(
      `${name}: a batch of ${batch} with a cache for ${cache.batch}. Expected equal batch sizes.`,
    );
  }
  if (paddingMask && (paddingMask.shape[0] !== batch || paddingMask.shape[1] !== before + tokens)) {
    throw new Error(
      `${name}: paddingMask has shape [${paddingMask.shape}]. Expected [${batch}, ${before + tokens}], one entry per token.`,
    );
  }
}
