// Reads the tokenizer of a Hugging Face folder: tokenizer.json, or the older formats vocab.json with merges.txt (GPT-2, BART)
// and vocab.txt (BERT), from which the equivalent tokenizer.json is built.
import { byteLevelJSON } from '../bpe/bpe-json.js';
import { isId, JsonFields, show } from '../json-fields.js';
import { addedTokenToJSON, parseAddedTokens, usualToken, type AddedToken } from '../pipeline/added-tokens.js';
import { FolderSettings } from './special-tokens.js';
import type { TokenizerFiles } from './tokenizer-files.js';

interface FoundTokenizer {
  path: string;
  json: unknown;
}

/** The formats that can be built without a tokenizer.json, by class and by model type. */
const FORMATS = {
  gpt2: {
    classes: ['GPT2Tokenizer'],
    models: ['gpt2', 'gpt_neo', 'gptj', 'opt'],
    names: { bos: '<|endoftext|>', eos: '<|endoftext|>', unk: '<|endoftext|>' },
  },
  bart: {
    classes: ['BartTokenizer', 'RobertaTokenizer', 'LongformerTokenizer', 'LEDTokenizer'],
    models: ['bart', 'roberta', 'longformer', 'led'],
    names: {
      ...{ bos: '<s>', eos: '</s>', sep: '</s>', cls: '<s>' },
      ...{ unk: '<unk>', pad: '<pad>', mask: '<mask>' },
    },
  },
  bert: {
    classes: [
      ...['BertTokenizer', 'DistilBertTokenizer', 'ElectraTokenizer', 'ConvBertTokenizer'],
      ...['MobileBertTokenizer', 'SqueezeBertTokenizer'],
    ],
    models: ['bert', 'distilbert', 'electra', 'convbert', 'mobilebert', 'squeezebert'],
    names: { unk: '[UNK]', sep: '[SEP]', pad: '[PAD]', cls: '[CLS]', mask: '[MASK]' },
  },
};
type Format = keyof typeof FORMATS;

/** Classes that say nothing about the format. */
const GENERIC = ['PreTrainedTokenizer', 'PreTrainedTokenizerFast', 'TokenizersBackend', 'PythonBackend'];

/** @throws Error naming the folder and what it lacks, or the file and what is wrong with it */
export async function readTokenizerFolder(files: TokenizerFiles): Promise<FoundTokenizer> {
  const settings = await FolderSettings.read(files);
  const generation = await readGeneration(files);
  if (files.has('tokenizer.json')) {
    const json = withSettings(await files.json('tokenizer.json'), settings, generation);
    return { path: files.pathOf('tokenizer.json'), json };
  }
  const format = await formatOf(settings.fields, files);
  if (files.has('vocab.json', 'merges.txt') && format !== 'bert') {
    const vocab = new JsonFields(files.pathOf('vocab.json'), '', await files.json('vocab.json')).record;
    const merges = readMerges(files.pathOf('merges.txt'), await files.lines('merges.txt'), vocab);
    return { path: files.path, json: byteLevelBpeJSON(vocab, merges, settings, generation, format) };
  }
  if (files.has('vocab.txt') && (format === undefined || format === 'bert')) {
    const file = files.pathOf('vocab.txt');
    return { path: file, json: bertJSON(file, await files.lines('vocab.txt'), settings, generation) };
  }
  const folder = files.path;
  const model = ['spiece.model', 'sentencepiece.bpe.model', 'tokenizer.model'].find((name) =>
    files.has(name),
  );
  if (model === undefined) {
    throw new Error(
      `${folder}: no tokenizer. Expected tokenizer.json, vocab.json with merges.txt, or vocab.txt.`,
    );
  }
  throw new Error(`${folder}: the SentencePiece file ${model} is not supported. ${howToConvert(folder)}`);
}

function howToConvert(folder: string): string {
  return (
    'Convert it to tokenizer.json with Python: ' +
    `AutoTokenizer.from_pretrained(${JSON.stringify(folder)}).save_pretrained(${JSON.stringify(folder)})`
  );
}

/** generation_config.json, or the config.json that has its entries in older folders. */
async function readGeneration(files: TokenizerFiles): Promise<Readonly<Record<string, unknown>>> {
  const name = ['generation_config.json', 'config.json'].find((name) => files.has(name));
  return name === undefined ? {} : new JsonFields(files.pathOf(name), '', await files.json(name)).record;
}

/**
 * The format that tokenizer_config.json or config.json name; undefined when they name none.
 * @throws Error for the class of a tokenizer that is not supported
 */
async function formatOf(settings: JsonFields, folder: TokenizerFiles): Promise<Format | undefined> {
  const config = folder.has('config.json') ? await folder.json('config.json') : {};
  const files = [settings, new JsonFields(folder.pathOf('config.json'), '', config)];
  const formats = Object.entries(FORMATS) as [Format, { classes: string[]; models: string[] }][];
  for (const file of files) {
    const name = file.string('tokenizer_class')?.replace(/Fast$/, '');
    if (name === undefined || GENERIC.includes(name)) continue;
    const found = formats.find(([, { classes }]) => classes.includes(name));
    if (found) return found[0];
    const known = formats.flatMap(([, { classes }]) => classes).join(', ');
    file.fail('tokenizer_class', `a folder with tokenizer.json, or one of ${known}`);
  }
  const type = files[1].record.model_type;
  return formats.find(([, { models }]) => models.includes(type as string))?.[0];
}

/** The merges of merges.txt. @throws Error naming a line that is no merge, or a token that vocab.json lacks */
function readMerges(
  file: string,
  lines: readonly string[],
  vocab: Readonly<Record<string, unknown>>,
): [string, string][] {
  const merges: [string, string][] = [];
  lines.forEach((line, i) => {
    if (line.startsWith('#version')) return;
    const parts = line.split(/[ \t]+/).filter((part) => part !== '');
    if (parts.length === 0) return;
    const [left, right] = parts;
    if (parts.length !== 2) {
      throw new Error(`${file}: line ${i + 1} is ${show(line)}. Expected two tokens separated by a space.`);
    }
    const missing = [left, right, left + right].find((token) => !Object.hasOwn(vocab, token));
    if (missing !== undefined) {
      throw new Error(
        `${file}: line ${i + 1} (${show(line)}): ${show(missing)} is not in vocab.json. Expected files of one tokenizer.`,
      );
    }
    merges.push([left, right]);
  });
  return merges;
}

/** The tokenizer.json of a folder, with the special tokens that the other files name. */
function withSettings(
  json: unknown,
  settings: FolderSettings,
  generation: Readonly<Record<string, unknown>>,
): unknown {
  // What is wrong with the file is said when the tokenizer is built.
  if (typeof json !== 'object' || json === null || !('model' in json)) return json;
  const { model } = json as { model: unknown };
  if (typeof model !== 'object' || model === null) return json;
  const file = new JsonFields('tokenizer.json', '', json);
  const { vocab } = model as { vocab?: unknown };
  const ids: Iterable<[string, unknown]> = Array.isArray(vocab)
    ? vocab.map((entry, id) => [Array.isArray(entry) ? String(entry[0]) : '', id])
    : Object.entries(vocab ?? {});
  const own = parseAddedTokens(file);
  const added = settings.addedTokens(new Map(ids), own);
  return {
    ...json,
    added_tokens: added.map(addedTokenToJSON),
    model: { ...model, ...endTokens(settings, generation, new Map(ids), added) },
  };
}

/** The names of the end-of-text and the padding token, as entries of "model", unless they are the usual ones. */
function endTokens(
  settings: FolderSettings,
  generation: Readonly<Record<string, unknown>>,
  vocab: ReadonlyMap<string, unknown>,
  added: readonly AddedToken[],
): Record<string, string> {
  const ofGeneration = (key: string): string | undefined => {
    const id = [generation[key]].flat()[0];
    if (!isId(id)) return undefined;
    return added.find((token) => token.id === id)?.content ?? [...vocab].find(([, one]) => one === id)?.[0];
  };
  const names = (['eos', 'pad'] as const).map((role) => {
    const name = settings.name(role) ?? ofGeneration(`${role}_token_id`);
    return [`${role}_token`, name === usualToken(added, role)?.content ? undefined : name];
  });
  return Object.fromEntries(names.filter(([, name]) => name !== undefined)) as Record<string, string>;
}

/** GPT-2's tokenizer, or BART's, whose `<s>` and `</s>` are put around a text. */
function byteLevelBpeJSON(
  vocabRecord: Readonly<Record<string, unknown>>,
  merges: readonly [string, string][],
  found: FolderSettings,
  generation: Readonly<Record<string, unknown>>,
  named: Format | undefined,
): object {
  const vocab = new Map(Object.entries(vocabRecord));
  const format = named ?? (vocab.has('<s>') && vocab.has('</s>') ? 'bart' : 'gpt2');
  const settings = found.withDefaults(FORMATS[format].names);
  const { fields } = settings;
  const prefixed = fields.boolean('add_prefix_space', false);
  // Folders that name no class are older; their mask includes the space before it, as BART was trained.
  const isOld = named === undefined;
  const added = settings
    .addedTokens(vocab)
    .map((token) => (isOld && token.content === '<mask>' ? { ...token, lstrip: true } : token));
  const pair = (role: 'cls' | 'sep'): unknown => {
    const name = settings.name(role);
    return [name, added.find(({ content }) => content === name)?.id];
  };
  const around = {
    type: 'RobertaProcessing',
    sep: pair('sep'),
    cls: pair('cls'),
    trim_offsets: fields.boolean('trim_offsets', true),
    add_prefix_space: prefixed,
  };
  const before = fields.boolean('add_bos_token', false) ? settings.name('bos') : undefined;
  const after = fields.boolean('add_eos_token', false) ? settings.name('eos') : undefined;
  const template =
    before === undefined && after === undefined
      ? { ...byteLevelJSON(true), trim_offsets: false }
      : templateJSON(before, after, (name) => added.find(({ content }) => content === name)?.id);
  return {
    added_tokens: added.map(addedTokenToJSON),
    pre_tokenizer: byteLevelJSON(prefixed),
    post_processor: format === 'bart' ? around : template,
    decoder: byteLevelJSON(true),
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(vocab),
      merges,
      ...endTokens(settings, generation, vocab, added),
    },
  };
}

/** BERT's tokenizer; `lines` has one token per line. */
function bertJSON(
  file: string,
  lines: readonly string[],
  found: FolderSettings,
  generation: Readonly<Record<string, unknown>>,
): object {
  const vocab = new Map(lines.map((token, id) => [token.trimEnd(), id]));
  const settings = found.withDefaults(FORMATS.bert.names);
  const { fields } = settings;
  const added = settings.addedTokens(vocab);
  const [unk, cls, sep] = (['unk', 'cls', 'sep'] as const).map((role) => {
    const name = settings.name(role);
    if (name !== undefined && vocab.has(name)) return name;
    throw new Error(`${file}: no line ${show(name)}, which BERT needs. Expected one token on each line.`);
  });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map(addedTokenToJSON),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: fields.boolean('tokenize_chinese_chars', true),
      strip_accents: fields.isNull('strip_accents') ? null : fields.boolean('strip_accents', false),
      lowercase: fields.boolean('do_lower_case', true),
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: templateJSON(cls, sep, (name) => vocab.get(name)),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unk,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocab),
      ...endTokens(settings, generation, vocab, added),
    },
  };
}

/** A post-processor that puts tokens around a text. */
function templateJSON(
  before: string | undefined,
  after: string | undefined,
  idOf: (name: string) => number | undefined,
): object {
  const token = (id: string | undefined, type: number): object[] =>
    id === undefined ? [] : [{ SpecialToken: { id, type_id: type } }];
  const sequence = (id: string, type: number): object => ({ Sequence: { id, type_id: type } });
  const single = [...token(before, 0), sequence('A', 0), ...token(after, 0)];
  const names = [before, after].filter((name) => name !== undefined);
  return {
    type: 'TemplateProcessing',
    single,
    pair: [...single, sequence('B', 1), ...token(after, 1)],
    special_tokens: Object.fromEntries(
      names.map((name) => [name, { id: name, ids: [idOf(name)], tokens: [name] }]),
    ),
  };
}
