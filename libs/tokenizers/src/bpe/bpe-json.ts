// Hugging Face's `tokenizer.json` with a BPE model, both ways. Unsupported parts are errors, so that no file loads and
// then gives other ids than the library that wrote it.
import { JsonFields, show } from '../json-fields.js';
import { addedTokenToJSON, checkIds, parseAddedTokens, parseNamedToken } from '../pipeline/added-tokens.js';
import { decoderToJSON, parseDecoder } from '../pipeline/decoders.js';
import { parsePostProcessor } from '../pipeline/post-processor.js';
import { byteLevel, NO_PRE_TOKENIZER, WHITESPACE, type PreTokenizer } from '../pipeline/pre-tokenizers.js';
import type { BpeConfig } from './bpe-config.js';

/** @throws Error naming the wrong or unsupported field */
export function parseBpe(json: unknown): BpeConfig {
  const file = new JsonFields('tokenizer.json', '', json);
  if (!file.isNull('normalizer')) file.object('normalizer').unsupported('null with a BPE model');
  const model = file.object('model');
  // Old files omit the type; only BPE has merges.
  if (model.record.type !== 'BPE' && !(model.record.type === undefined && 'merges' in model.record))
    model.fail('type', '"BPE"');
  if (typeof model.record.dropout === 'number' && model.record.dropout !== 0) model.fail('dropout', 'null');
  const vocab = model.vocab('vocab');
  const merges = model.array('merges').map((merge, rank) => {
    const pair: unknown[] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
    const [left, right] = pair;
    if (pair.length === 2 && typeof left === 'string' && typeof right === 'string')
      return [left, right] as const;
    throw new Error(
      `tokenizer.json: "model.merges[${rank}]" is ${show(merge)}. Expected "left right" or ["left", "right"].`,
    );
  });
  const addedTokens = parseAddedTokens(file);
  const tokens = checkIds(vocab, addedTokens);
  return {
    vocab,
    merges,
    unkToken: model.string('unk_token'),
    eosToken: parseNamedToken(model, 'eos_token', vocab, addedTokens),
    padToken: parseNamedToken(model, 'pad_token', vocab, addedTokens),
    fuseUnk: model.boolean('fuse_unk', false),
    byteFallback: model.boolean('byte_fallback', false),
    ignoreMerges: model.boolean('ignore_merges', false),
    continuingSubwordPrefix: model.affix('continuing_subword_prefix') || null,
    endOfWordSuffix: model.affix('end_of_word_suffix') || null,
    addedTokens,
    preTokenizer: parsePreTokenizer(file.optionalObject('pre_tokenizer')),
    decoder: parseDecoder(file.optionalObject('decoder')),
    ...parsePostProcessor(file.optionalObject('post_processor'), tokens),
  };
}

/** A `tokenizer.json` that Hugging Face's libraries load. */
export function bpeToJSON(config: BpeConfig): Record<string, unknown> {
  const { preTokenizer, template, trimOffsets } = config;
  const vocab = [...config.vocab].sort(([, a], [, b]) => a - b);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: config.addedTokens.map(addedTokenToJSON),
    normalizer: null,
    pre_tokenizer:
      preTokenizer.type === 'ByteLevel'
        ? byteLevelJSON(preTokenizer.addPrefixSpace, preTokenizer.useRegex)
        : preTokenizer.type && { type: preTokenizer.type },
    post_processor: template?.json ?? (trimOffsets && byteLevelJSON(trimOffsets.addPrefixSpace)),
    // Decoding depends on the type only; the other fields are what Hugging Face writes.
    decoder: config.decoder.type === 'ByteLevel' ? byteLevelJSON(true) : decoderToJSON(config.decoder),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: config.unkToken,
      ...(config.eosToken !== null && { eos_token: config.eosToken }),
      ...(config.padToken !== null && { pad_token: config.padToken }),
      continuing_subword_prefix: config.continuingSubwordPrefix,
      end_of_word_suffix: config.endOfWordSuffix,
      fuse_unk: config.fuseUnk,
      byte_fallback: config.byteFallback,
      ignore_merges: config.ignoreMerges,
      // fromEntries makes a token called "__proto__" a plain property.
      vocab: Object.fromEntries(vocab),
      merges: config.merges.map(([left, right]) => [left, right]),
    },
  };
}

export function byteLevelJSON(addPrefixSpace: boolean, useRegex = true): Record<string, unknown> {
  return { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: useRegex };
}

function parsePreTokenizer(fields: JsonFields | undefined): PreTokenizer {
  if (!fields) return NO_PRE_TOKENIZER;
  const { type, pretokenizers } = fields.record;
  if (type === 'Whitespace') return WHITESPACE;
  if (type === 'ByteLevel') {
    return byteLevel({
      addPrefixSpace: fields.boolean('add_prefix_space', true),
      useRegex: fields.boolean('use_regex', true),
    });
  }
  if (type === 'Sequence' && Array.isArray(pretokenizers) && pretokenizers.length === 1)
    return parsePreTokenizer(fields.steps('pretokenizers')[0]);
  return fields.unsupported('"Whitespace", "ByteLevel" or null with a BPE model');
}
