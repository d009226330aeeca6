// Reads the tokenizer of a Hugging Face folder: tokenizer.json, or the older formats vocab.json with merges.txt (GPT-2, BART)
// and vocab.txt (BERT), from which the equivalent tokenizer.json is built.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byteLevelJSON } from '../bpe/bpe-json.js';
import { JsonFields, show } from '../json-fields.js';
import { addedTokenToJSON, specialToken } from '../pipeline/added-tokens.js';
import { readJson } from './read-json.js';

interface FoundTokenizer {
  path: string;
  json: unknown;
}

/** @throws Error naming the folder and what it lacks, or the file and what is wrong with it */
export async function readTokenizerFolder(folder: string): Promise<FoundTokenizer> {
  const names = await readdir(folder);
  const has = (...wanted: string[]): boolean => wanted.every((name) => names.includes(name));
  const path = (name: string): string => join(folder, name);
  if (has('tokenizer.json'))
    return { path: path('tokenizer.json'), json: await readJson(path('tokenizer.json')) };
  const config = has('tokenizer_config.json') ? await readJson(path('tokenizer_config.json')) : {};
  const { record: settings } = new JsonFields('tokenizer_config.json', '', config);
  if (has('vocab.json', 'merges.txt')) {
    const merges = await readFile(path('merges.txt'), 'utf8');
    const vocab = new JsonFields('vocab.json', '', await readJson(path('vocab.json'))).record;
    return { path: path('vocab.json'), json: byteLevelBpeJSON(vocab, merges, settings) };
  }
  if (has('vocab.txt')) {
    return {
      path: path('vocab.txt'),
      json: bertJSON(await readFile(path('vocab.txt'), 'utf8'), settings),
    };
  }
  const model = ['spiece.model', 'sentencepiece.bpe.model', 'tokenizer.model'].find((name) => has(name));
  if (model === undefined) {
    throw new Error(
      `${folder}: no tokenizer. Expected tokenizer.json, vocab.json with merges.txt, or vocab.txt.`,
    );
  }
  throw new Error(
    `${folder}: the SentencePiece file ${model} is not supported. Convert it to tokenizer.json with Python: ` +
      `AutoTokenizer.from_pretrained(${JSON.stringify(folder)}).save_pretrained(${JSON.stringify(folder)})`,
  );
}

/** A token of tokenizer_config.json: `"<s>"` or `{"content": "<s>"}`. */
function tokenOf(settings: Record<string, unknown>, key: string, fallback: string): string {
  const value = settings[key];
  const content =
    typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value;
  return typeof content === 'string' ? content : fallback;
}

/** Entries of "added_tokens" for those of `contents` that the vocabulary has. */
function addedTokens(vocab: ReadonlyMap<string, unknown>, contents: readonly string[]): object[] {
  return [...new Set(contents)]
    .filter((content) => vocab.has(content))
    .map((content) => ({
      ...addedTokenToJSON(specialToken(vocab.get(content) as number, content)),
      lstrip: content === '<mask>', // BART was trained with the space before a mask as part of it
    }));
}

/** GPT-2's tokenizer, or BART's when the vocabulary has `<s>` and `</s>`, which are then put around a text. */
function byteLevelBpeJSON(
  vocabRecord: Record<string, unknown>,
  mergesText: string,
  settings: Record<string, unknown>,
): object {
  const vocab = new Map(Object.entries(vocabRecord));
  const prefixed = settings.add_prefix_space === true;
  const first = tokenOf(settings, 'cls_token', '<s>');
  const last = tokenOf(settings, 'sep_token', '</s>');
  const pad = tokenOf(settings, 'pad_token', '<pad>');
  const unk = tokenOf(settings, 'unk_token', '<unk>');
  const eos = tokenOf(settings, 'eos_token', '<|endoftext|>');
  const around = {
    type: 'RobertaProcessing',
    sep: [last, vocab.get(last)],
    cls: [first, vocab.get(first)],
    trim_offsets: true,
    add_prefix_space: prefixed,
  };
  return {
    added_tokens: addedTokens(vocab, [first, pad, last, unk, '<mask>', '<|endoftext|>', eos]),
    pre_tokenizer: byteLevelJSON(prefixed),
    post_processor:
      vocab.has(first) && vocab.has(last) ? around : { ...byteLevelJSON(true), trim_offsets: false },
    decoder: byteLevelJSON(true),
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(vocab),
      merges: mergesText.split('\n').filter((line) => line !== '' && !line.startsWith('#version')),
    },
  };
}

/** BERT's tokenizer; `text` has one token per line. */
function bertJSON(text: string, settings: Record<string, unknown>): object {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  const vocab = new Map(lines.map((token, id) => [token, id]));
  const name = (key: string, fallback: string): string => tokenOf(settings, key, fallback);
  const pad = name('pad_token', '[PAD]');
  const unk = name('unk_token', '[UNK]');
  const cls = name('cls_token', '[CLS]');
  const sep = name('sep_token', '[SEP]');
  for (const token of [unk, cls, sep])
    if (!vocab.has(token)) throw new Error(`vocab.txt: no line ${show(token)}, which BERT needs.`);
  const special = (id: string, type = 0): object => ({ SpecialToken: { id, type_id: type } });
  const sequence = (id: string, type: number): object => ({ Sequence: { id, type_id: type } });
  const ids = (token: string): object => ({ id: token, ids: [vocab.get(token)], tokens: [token] });
  const single = [special(cls), sequence('A', 0), special(sep)];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocab, [pad, unk, cls, sep, name('mask_token', '[MASK]')]),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: settings.tokenize_chinese_chars !== false,
      strip_accents: settings.strip_accents ?? null,
      lowercase: settings.do_lower_case !== false,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, sequence('B', 1), special(sep, 1)],
      special_tokens: { [cls]: ids(cls), [sep]: ids(sep) },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unk,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocab),
    },
  };
}
