// Hugging Face's `tokenizer.json` with a BPE model, both ways. What is not supported is refused by name, so that no
// file loads and then gives other ids than the library that wrote it.
import type { BpeConfig } from './bpe.js';
import type { BpeModelConfig } from './bpe-model.js';
import { expectArray, expectBoolean, expectId, expectRecord, expectText, where } from './json-checks.js';
import { parsePostProcessor } from './post-processor.js';
import { byteLevel, noPreTokenizer, whitespace, type PreTokenizer } from './pre-tokenizers.js';
import { addedTokenToJSON, checkIds, parseAddedTokens, parseDecoder } from './tokenizer-json-parts.js';

/** @throws Error naming the entry that is wrong, or not supported. */
export function parseBpe(json: unknown): BpeConfig {
  const file = expectRecord(json, 'tokenizer.json');
  if (file.normalizer !== undefined && file.normalizer !== null) {
    throw new Error(
      `tokenizer.json: "normalizer" (${kindOf(file.normalizer)}) is not supported with BPE, expected null`,
    );
  }
  const preTokenizer = parsePreTokenizer(file.pre_tokenizer);
  const model = parseModel(file.model);
  const addedTokens = parseAddedTokens(file.added_tokens);
  const tokens = checkIds(model.vocab, addedTokens);
  return {
    ...model,
    addedTokens,
    preTokenizer,
    decoder: parseDecoder(file.decoder),
    ...parsePostProcessor(file.post_processor, tokens),
  };
}

/** A `tokenizer.json` that Hugging Face's libraries load. */
export function bpeToJSON(config: BpeConfig): Record<string, unknown> {
  const vocab = [...config.vocab].sort(([, a], [, b]) => a - b);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: config.addedTokens.map(addedTokenToJSON),
    normalizer: null,
    pre_tokenizer: preTokenizerToJSON(config.preTokenizer),
    post_processor:
      config.template?.json ?? (config.trimOffsets && byteLevelJSON(config.trimOffsets.addPrefixSpace, true)),
    decoder: decoderToJSON(config),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: config.unkToken,
      continuing_subword_prefix: config.continuingSubwordPrefix,
      end_of_word_suffix: config.endOfWordSuffix,
      fuse_unk: config.fuseUnk,
      byte_fallback: config.byteFallback,
      ignore_merges: config.ignoreMerges,
      // A token may be called "__proto__": fromEntries makes that a plain property.
      vocab: Object.fromEntries(vocab),
      merges: config.merges.map(([left, right]) => [left, right]),
    },
  };
}

function kindOf(value: unknown): string {
  const type =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>).type : undefined;
  return typeof type === 'string' ? where(type) : where(value);
}

function parseModel(json: unknown): BpeModelConfig {
  const model = expectRecord(json, 'tokenizer.json: "model"');
  // Files of old versions leave the type out; what other models do not have is merges.
  if (model.type !== 'BPE' && !(model.type === undefined && 'merges' in model)) {
    throw new Error(`tokenizer.json: "model" is of type ${where(model.type)}, only "BPE" is supported`);
  }
  if (typeof model.dropout === 'number' && model.dropout !== 0) {
    throw new Error(
      `tokenizer.json: "model.dropout" is ${model.dropout}; dropout while encoding is not supported, expected null`,
    );
  }
  const vocab = new Map<string, number>();
  for (const [token, id] of Object.entries(expectRecord(model.vocab, 'tokenizer.json: "model.vocab"'))) {
    vocab.set(token, expectId(id, `tokenizer.json: "model.vocab", id of ${where(token)}`));
  }
  const flag = (name: string): boolean =>
    expectBoolean(model[name], false, `tokenizer.json: "model.${name}"`);
  const text = (name: string): string | null => expectText(model[name], `tokenizer.json: "model.${name}"`);
  return {
    vocab,
    merges: expectArray(model.merges, 'tokenizer.json: "model.merges"').map(parseMerge),
    unkToken: text('unk_token'),
    fuseUnk: flag('fuse_unk'),
    byteFallback: flag('byte_fallback'),
    ignoreMerges: flag('ignore_merges'),
    continuingSubwordPrefix: text('continuing_subword_prefix') || null,
    endOfWordSuffix: text('end_of_word_suffix') || null,
  };
}

function parseMerge(merge: unknown, rank: number): readonly [string, string] {
  const pair: unknown[] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
  if (pair.length !== 2 || typeof pair[0] !== 'string' || typeof pair[1] !== 'string') {
    throw new Error(
      `tokenizer.json: "model.merges", entry ${rank}: ${where(merge)} given, expected "left right" or ["left", "right"]`,
    );
  }
  return [pair[0], pair[1]];
}

function parsePreTokenizer(json: unknown): PreTokenizer {
  if (json === undefined || json === null) return noPreTokenizer();
  const record = expectRecord(json, 'tokenizer.json: "pre_tokenizer"');
  if (record.type === 'Whitespace') return whitespace();
  if (record.type === 'ByteLevel') {
    return byteLevel({
      addPrefixSpace: expectBoolean(
        record.add_prefix_space,
        true,
        'tokenizer.json: "pre_tokenizer.add_prefix_space"',
      ),
      useRegex: expectBoolean(record.use_regex, true, 'tokenizer.json: "pre_tokenizer.use_regex"'),
    });
  }
  if (
    record.type === 'Sequence' &&
    Array.isArray(record.pretokenizers) &&
    record.pretokenizers.length === 1
  ) {
    return parsePreTokenizer(record.pretokenizers[0]);
  }
  throw new Error(
    `tokenizer.json: "pre_tokenizer" ${where(record.type)} is not supported, only "Whitespace", "ByteLevel" and null are`,
  );
}

function byteLevelJSON(addPrefixSpace: boolean, useRegex: boolean): Record<string, unknown> {
  return { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: useRegex };
}

function preTokenizerToJSON(preTokenizer: PreTokenizer): Record<string, unknown> | null {
  if (preTokenizer.type === 'ByteLevel')
    return byteLevelJSON(preTokenizer.addPrefixSpace, preTokenizer.useRegex);
  return preTokenizer.type === 'None' ? null : { type: preTokenizer.type };
}

function decoderToJSON({ decoder }: BpeConfig): Record<string, unknown> | null {
  switch (decoder.type) {
    case 'Join':
      return null;
    case 'ByteLevel':
      // Only the type matters to decoding; the other entries are what Hugging Face writes.
      return byteLevelJSON(true, true);
    case 'Fuse':
    case 'ByteFallback':
      return { type: decoder.type };
    case 'BPEDecoder':
      return { type: 'BPEDecoder', suffix: decoder.suffix };
    case 'WordPiece':
      return { type: 'WordPiece', prefix: decoder.prefix, cleanup: decoder.cleanUp };
    case 'Metaspace':
      return {
        type: 'Metaspace',
        replacement: decoder.replacement,
        prepend_scheme: decoder.prepended ? 'always' : 'never',
        split: true,
      };
  }
}
