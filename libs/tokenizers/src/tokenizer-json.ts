// Hugging Face's `tokenizer.json` with a BPE model, both ways. What is not supported is refused by name, so that no
// file loads and then gives other ids than the library that wrote it.
import type { AddedToken } from './added-tokens.js';
import type { BpeConfig } from './bpe.js';
import type { BpeModelConfig } from './bpe-model.js';
import type { DecoderConfig } from './decoders.js';
import { expectArray, expectBoolean, expectId, expectRecord, expectText, where } from './json-checks.js';
import { byteLevel, noPreTokenizer, whitespace, type PreTokenizer } from './pre-tokenizers.js';

/** @throws Error naming the entry that is wrong, or not supported. */
export function parseBpe(json: unknown): BpeConfig {
  const file = expectRecord(json, 'tokenizer.json');
  for (const name of ['truncation', 'padding', 'normalizer']) {
    if (file[name] !== undefined && file[name] !== null) {
      throw new Error(`tokenizer.json: "${name}" (${kindOf(file[name])}) is not supported, expected null`);
    }
  }
  const preTokenizer = parsePreTokenizer(file.pre_tokenizer);
  const model = parseModel(file.model);
  const addedTokens = expectArray(file.added_tokens ?? [], 'tokenizer.json: "added_tokens"').map(
    parseAddedToken,
  );
  checkIds(model.vocab, addedTokens);
  return {
    ...model,
    addedTokens,
    preTokenizer,
    decoder: parseDecoder(file.decoder),
    trimOffsets: parsePostProcessor(file.post_processor),
  };
}

/** A `tokenizer.json` that Hugging Face's libraries load. */
export function bpeToJSON(config: BpeConfig): Record<string, unknown> {
  const vocab = [...config.vocab].sort(([, a], [, b]) => a - b);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: config.addedTokens.map((token) => ({
      id: token.id,
      content: token.content,
      single_word: token.singleWord,
      lstrip: token.lstrip,
      rstrip: token.rstrip,
      normalized: token.normalized,
      special: token.special,
    })),
    normalizer: null,
    pre_tokenizer: preTokenizerToJSON(config.preTokenizer),
    post_processor: config.trimOffsets && byteLevelJSON(config.trimOffsets.addPrefixSpace, true),
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

function parseAddedToken(json: unknown, index: number): AddedToken {
  const name = `tokenizer.json: "added_tokens", entry ${index}`;
  const token = expectRecord(json, name);
  if (typeof token.content !== 'string' || token.content === '') {
    throw new Error(`${name}: "content" is ${where(token.content)}, expected a string that is not empty`);
  }
  const special = expectBoolean(token.special, false, `${name}: "special"`);
  return {
    id: expectId(token.id, `${name}: "id"`),
    content: token.content,
    singleWord: expectBoolean(token.single_word, false, `${name}: "single_word"`),
    lstrip: expectBoolean(token.lstrip, false, `${name}: "lstrip"`),
    rstrip: expectBoolean(token.rstrip, false, `${name}: "rstrip"`),
    normalized: expectBoolean(token.normalized, !special, `${name}: "normalized"`),
    special,
  };
}

/** Ids must be one to one: two tokens of the same id could not both be decoded. */
function checkIds(vocab: ReadonlyMap<string, number>, addedTokens: readonly AddedToken[]): void {
  const tokens = new Map<number, string>();
  for (const [token, id] of vocab) {
    const other = tokens.get(id);
    if (other !== undefined) {
      throw new Error(`tokenizer.json: ${where(other)} and ${where(token)} have the same id ${id}`);
    }
    tokens.set(id, token);
  }
  const contents = new Set<string>();
  for (const { id, content } of addedTokens) {
    if (contents.has(content))
      throw new Error(`tokenizer.json: added token ${where(content)} is there twice`);
    contents.add(content);
    const other = tokens.get(id);
    if (other !== undefined && other !== content) {
      throw new Error(`tokenizer.json: added token ${where(content)} has the id ${id} of ${where(other)}`);
    }
    if (vocab.has(content) && vocab.get(content) !== id) {
      throw new Error(
        `tokenizer.json: added token ${where(content)} has id ${id}, in the vocabulary it has ${vocab.get(content)}`,
      );
    }
    tokens.set(id, content);
  }
  // Ids index arrays: a hostile file must not ask for gigabytes.
  const limit = 4 * tokens.size + 1_000_000;
  for (const [id, token] of tokens) {
    if (id > limit)
      throw new Error(`tokenizer.json: id ${id} of ${where(token)} is far beyond its ${tokens.size} tokens`);
  }
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

function parsePostProcessor(json: unknown): BpeConfig['trimOffsets'] {
  if (json === undefined || json === null) return null;
  const record = expectRecord(json, 'tokenizer.json: "post_processor"');
  if (record.type !== 'ByteLevel') {
    throw new Error(
      `tokenizer.json: "post_processor" ${where(record.type)} is not supported, only "ByteLevel" and null are`,
    );
  }
  const name = 'tokenizer.json: "post_processor.';
  if (!expectBoolean(record.trim_offsets, true, `${name}trim_offsets"`)) return null;
  return { addPrefixSpace: expectBoolean(record.add_prefix_space, true, `${name}add_prefix_space"`) };
}

function parseDecoder(json: unknown): DecoderConfig {
  if (json === undefined || json === null) return { type: 'Join' };
  const record = expectRecord(json, 'tokenizer.json: "decoder"');
  switch (record.type) {
    case 'ByteLevel':
    case 'ByteFallback':
      return { type: record.type };
    case 'BPEDecoder':
      return {
        type: 'BPEDecoder',
        suffix: expectText(record.suffix, 'tokenizer.json: "decoder.suffix"') ?? '</w>',
      };
    default:
      throw new Error(
        `tokenizer.json: "decoder" ${where(record.type)} is not supported, only "ByteLevel", "BPEDecoder", "ByteFallback" and null are`,
      );
  }
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
    case 'ByteFallback':
      return { type: 'ByteFallback' };
    case 'BPEDecoder':
      return { type: 'BPEDecoder', suffix: decoder.suffix };
  }
}
