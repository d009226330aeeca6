// Entries of a `tokenizer.json` that are the same whatever its model is: added tokens, ids, the decoder.
import type { AddedToken } from './added-tokens.js';
import type { DecoderConfig } from './decoders.js';
import { expectArray, expectBoolean, expectId, expectRecord, expectText, where } from './json-checks.js';
import { parseMetaspace } from './splitters.js';

/** @throws Error naming the entry that is wrong. */
export function parseAddedTokens(json: unknown): AddedToken[] {
  return expectArray(json ?? [], 'tokenizer.json: "added_tokens"').map(parseAddedToken);
}

export function addedTokenToJSON(token: AddedToken): Record<string, unknown> {
  return {
    id: token.id,
    content: token.content,
    single_word: token.singleWord,
    lstrip: token.lstrip,
    rstrip: token.rstrip,
    normalized: token.normalized,
    special: token.special,
  };
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

/**
 * Ids must be one to one: two tokens of the same id could not both be decoded.
 *
 * @returns All tokens by their ids.
 */
export function checkIds(
  vocab: ReadonlyMap<string, number>,
  addedTokens: readonly AddedToken[],
): ReadonlyMap<number, string> {
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
  return tokens;
}

/** @throws Error naming the decoder that is not supported, or what is wrong with it. */
export function parseDecoder(json: unknown): DecoderConfig {
  if (json === undefined || json === null) return { type: 'Join' };
  const record = expectRecord(json, 'tokenizer.json: "decoder"');
  switch (record.type) {
    case 'ByteLevel':
    case 'ByteFallback':
    case 'Fuse':
      return { type: record.type };
    case 'BPEDecoder':
      return {
        type: 'BPEDecoder',
        suffix: expectText(record.suffix, 'tokenizer.json: "decoder.suffix"') ?? '</w>',
      };
    case 'WordPiece':
      return {
        type: 'WordPiece',
        prefix: expectText(record.prefix, 'tokenizer.json: "decoder.prefix"') ?? '##',
        cleanUp: expectBoolean(record.cleanup, true, 'tokenizer.json: "decoder.cleanup"'),
      };
    case 'Metaspace': {
      const { replacement, prependScheme } = parseMetaspace(record, 'decoder');
      return { type: 'Metaspace', replacement, prepended: prependScheme !== 'never' };
    }
    default:
      throw new Error(
        `tokenizer.json: "decoder" ${where(record.type)} is not supported, only "ByteLevel", "BPEDecoder", "ByteFallback", "Fuse", ` +
          '"WordPiece", "Metaspace" and null are',
      );
  }
}
