// The tokenizer of a folder as Hugging Face's libraries save it: tokenizer.json, or what older folders have instead,
// vocab.json with merges.txt (GPT-2, BART) and vocab.txt (BERT), from which the same tokenizer.json is put together.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectRecord, where } from './json-checks.js';

/** A tokenizer's JSON, and the file that it is from. */
interface Found {
  path: string;
  json: unknown;
}

/** @throws Error naming the folder and what it lacks, or the file and what is wrong with it. */
export async function readTokenizerFolder(folder: string): Promise<Found> {
  const names = new Set(await readdir(folder));
  if (names.has('tokenizer.json')) {
    const path = join(folder, 'tokenizer.json');
    return { path, json: await readJson(path) };
  }
  const settings = names.has('tokenizer_config.json')
    ? expectRecord(await readJson(join(folder, 'tokenizer_config.json')), 'tokenizer_config.json')
    : {};
  if (names.has('vocab.json') && names.has('merges.txt')) {
    const path = join(folder, 'vocab.json');
    const merges = await readFile(join(folder, 'merges.txt'), 'utf8');
    return { path, json: byteLevelJSON(await readJson(path), merges, settings) };
  }
  if (names.has('vocab.txt')) {
    const path = join(folder, 'vocab.txt');
    return { path, json: bertJSON(await readFile(path, 'utf8'), settings) };
  }
  const model = ['spiece.model', 'sentencepiece.bpe.model', 'tokenizer.model'].find((name) =>
    names.has(name),
  );
  if (model !== undefined) {
    throw new Error(
      `${folder}: its tokenizer is SentencePiece's ${model} only, which is not read; save it as tokenizer.json with ` +
        `Python: AutoTokenizer.from_pretrained(${JSON.stringify(folder)}).save_pretrained(${JSON.stringify(folder)})`,
    );
  }
  throw new Error(
    `${folder}: there is no tokenizer in the folder; expected tokenizer.json, vocab.json with merges.txt, or vocab.txt`,
  );
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (error) {
    const kind = error instanceof SyntaxError ? 'not JSON: ' : '';
    throw new Error(`${path}: ${kind}${(error as Error).message}`, { cause: error });
  }
}

/** The content of `"<s>"` or `{"content": "<s>"}`. */
function nameOf(settings: Record<string, unknown>, key: string, fallback: string): string {
  const value = settings[key];
  if (typeof value === 'string') return value;
  const content =
    typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : undefined;
  return typeof content === 'string' ? content : fallback;
}

function specialTokens(vocab: ReadonlyMap<string, unknown>, contents: readonly string[]): object[] {
  return [...new Set(contents)]
    .filter((content) => vocab.has(content))
    .map((content) => ({
      id: vocab.get(content),
      content,
      single_word: false,
      // BERT's and BART's models were trained so: the blank before a gap belongs to the gap.
      lstrip: content === '<mask>',
      rstrip: false,
      normalized: false,
      special: true,
    }));
}

/** GPT-2's, or, where the vocabulary has `<s>` and `</s>`, BART's, which puts these around a text. */
function byteLevelJSON(vocabJson: unknown, mergesText: string, settings: Record<string, unknown>): object {
  const vocab = new Map(Object.entries(expectRecord(vocabJson, 'vocab.json')));
  const merges = mergesText.split('\n').filter((line) => line !== '' && !line.startsWith('#version'));
  const prefixed = settings.add_prefix_space === true;
  const byteLevel = { type: 'ByteLevel', add_prefix_space: prefixed, trim_offsets: true, use_regex: true };
  const first = nameOf(settings, 'cls_token', '<s>');
  const last = nameOf(settings, 'sep_token', '</s>');
  const surrounded = vocab.has(first) && vocab.has(last);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens(vocab, [
      ...[first, nameOf(settings, 'pad_token', '<pad>'), last, nameOf(settings, 'unk_token', '<unk>')],
      ...['<mask>', '<|endoftext|>', nameOf(settings, 'eos_token', '<|endoftext|>')],
    ]),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: surrounded
      ? {
          type: 'RobertaProcessing',
          sep: [last, vocab.get(last)],
          cls: [first, vocab.get(first)],
          trim_offsets: true,
          add_prefix_space: prefixed,
        }
      : { ...byteLevel, add_prefix_space: true, trim_offsets: false },
    decoder: { ...byteLevel, add_prefix_space: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocab),
      merges: merges.map((line) => line.split(' ')),
    },
  };
}

/** BERT's: a token a line. */
function bertJSON(text: string, settings: Record<string, unknown>): object {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  const vocab = new Map(lines.map((token, id) => [token, id]));
  const name = (key: string, fallback: string): string => nameOf(settings, key, fallback);
  const [pad, unknown, first, last, mask] = [
    name('pad_token', '[PAD]'),
    name('unk_token', '[UNK]'),
    name('cls_token', '[CLS]'),
    name('sep_token', '[SEP]'),
    name('mask_token', '[MASK]'),
  ];
  for (const token of [unknown, first, last]) {
    if (!vocab.has(token)) throw new Error(`vocab.txt: there is no line ${where(token)}, which BERT needs`);
  }
  const special = (id: string): object => ({ SpecialToken: { id, type_id: 0 } });
  const ids = (token: string): object => ({ id: token, ids: [vocab.get(token)], tokens: [token] });
  const second = { Sequence: { id: 'B', type_id: 1 } };
  const single = [special(first), { Sequence: { id: 'A', type_id: 0 } }, special(last)];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens(vocab, [pad, unknown, first, last, mask]),
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
      pair: [...single, second, { SpecialToken: { id: last, type_id: 1 } }],
      special_tokens: { [first]: ids(first), [last]: ids(last) },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unknown,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocab),
    },
  };
}
