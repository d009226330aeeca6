// Tokenizers as a tokenizer.json that Hugging Face's libraries load, with the same ids.
import { BpeTokenizer } from '../bpe/bpe.js';
import { BPE_DEFAULTS } from '../bpe/bpe-config.js';
import { CharTokenizer } from '../char/char.js';
import { PipelineTokenizer } from '../pipeline/pipeline.js';
import { NO_PRE_TOKENIZER } from '../pipeline/pre-tokenizers.js';
import type { Tokenizer } from '../tokenizer.js';

/**
 * A Hugging Face `tokenizer.json` with the ids of `tokenizer`. A character tokenizer becomes BPE without merges; where it
 * has no unknown token, an unknown character is an error here and dropped there.
 *
 * @throws Error for a kind that a tokenizer.json cannot represent, such as compact GPT-2
 */
export function toHuggingFace(tokenizer: Tokenizer): Record<string, unknown> {
  if (tokenizer instanceof BpeTokenizer || tokenizer instanceof PipelineTokenizer) {
    // The names of these tokens are our own addition; Hugging Face has them in tokenizer_config.json.
    const { model, ...rest } = tokenizer.toJSON();
    const { eos_token: _eos, pad_token: _pad, ...known } = model as Record<string, unknown>;
    return { ...rest, model: known };
  }
  if (tokenizer instanceof CharTokenizer) {
    const tokens = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id)!);
    return new BpeTokenizer({
      ...BPE_DEFAULTS,
      vocab: new Map(tokens.map((token, id) => [token, id])),
      merges: [],
      unkToken: tokens[tokenizer.unkTokenId ?? -1] ?? null,
      preTokenizer: NO_PRE_TOKENIZER,
      decoder: { type: 'Fuse' },
    }).toJSON();
  }
  throw new Error(
    `${tokenizer.constructor.name}: a Hugging Face tokenizer.json cannot represent this tokenizer. Save the model without it.`,
  );
}
