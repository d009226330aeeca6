// Folders without tokenizer.json, and what tokenizer_config.json, special_tokens_map.json and added_tokens.json add to the
// vocabulary. The ids are those of transformers 5.23.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadTokenizer, toHuggingFace, tokenizerFromJSON, trainBpe, type Tokenizer } from '../index.js';
import { BYTE_CHARACTERS } from '../bpe/byte-level.js';

const root = mkdtempSync(join(tmpdir(), 'lilformer-special-tokens-'));
afterAll(() => rmSync(root, { recursive: true }));
let made = 0;

function folderWith(files: Record<string, unknown>): string {
  const folder = join(root, String(made++));
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** vocab.json and merges.txt: `special`, then GPT-2's bytes, then " c", "at" and " cat". */
function bpeFiles(special: string[], eol = '\n'): Record<string, unknown> {
  const merges = [
    ['Ġ', 'c'],
    ['a', 't'],
    ['Ġc', 'at'],
  ];
  const tokens = [...special, ...BYTE_CHARACTERS, ...merges.map((pair) => pair.join(''))];
  return {
    'vocab.json': Object.fromEntries(tokens.map((token, id) => [token, id])),
    'merges.txt': ['#version: 0.2', ...merges.map((pair) => pair.join(' ')), ''].join(eol),
  };
}
const gpt2 = bpeFiles(['<|endoftext|>']); // 260 ids: "!" is 34
const withS = bpeFiles(['<s>', '</s>', '<|endoftext|>']); // 262 ids
const lines = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'cat', 'Cat', '!', ''];

const ids = (tokenizer: Tokenizer, text: string, addSpecialTokens = true): number[] => [
  ...tokenizer.encode(text, { addSpecialTokens }),
];

describe('tokens beside the vocabulary', () => {
  it('come from added_tokens.json; those of special_tokens_map.json are special', async () => {
    const tokenizer = await loadTokenizer(
      folderWith({
        ...gpt2,
        'added_tokens.json': { '[PAD]': 260, '<NEW>': 261 },
        'special_tokens_map.json': { pad_token: '[PAD]', eos_token: '<|endoftext|>' },
      }),
    );
    expect(ids(tokenizer, ' cat[PAD]! <NEW>')).toEqual([259, 260, 34, 33, 261]);
    expect(tokenizer.decode([259, 260, 261])).toBe(' cat<NEW>');
    expect(tokenizer).toMatchObject({ vocabSize: 262, padTokenId: 260, eosTokenId: 0 });
  });

  it('come from tokenizer_config.json, which then replaces special_tokens_map.json', async () => {
    const token = { content: '<END>', lstrip: true, rstrip: false, normalized: false, single_word: false };
    const tokenizer = await loadTokenizer(
      folderWith({
        ...gpt2,
        'tokenizer_config.json': {
          added_tokens_decoder: { 260: { ...token, special: true } },
          eos_token: '<END>',
        },
        'special_tokens_map.json': { pad_token: '[PAD]' },
      }),
    );
    expect(ids(tokenizer, ' cat <END>')).toEqual([259, 260]);
    expect(tokenizer).toMatchObject({ vocabSize: 261, eosTokenId: 260, padTokenId: undefined });
    expect([...tokenizer.encode(' cat', { addEos: true })]).toEqual([259, 260]);
  });

  it('get the next ids when no file has one', async () => {
    const tokenizer = await loadTokenizer(
      folderWith({
        ...gpt2,
        'tokenizer_config.json': { pad_token: '[PAD]', image_token: '<img>' },
        'special_tokens_map.json': { additional_special_tokens: ['<A>', '<B>'] },
      }),
    );
    expect(ids(tokenizer, '[PAD]<img><A><B>  !')).toEqual([260, 261, 262, 263, 33, 33, 34]);
  });

  it('are matched in normalized text in vocab.txt, and decoded as there', async () => {
    const tokenizer = await loadTokenizer(
      folderWith({ 'vocab.txt': lines.join('\n'), 'added_tokens.json': { '<NEW>': 8 } }),
    );
    expect(ids(tokenizer, 'Cat <New> !')).toEqual([2, 5, 8, 7, 3]);
    expect(tokenizer.decode([5, 8])).toBe('cat <new>');
  });

  it('are added to a tokenizer.json, and survive saving', async () => {
    const bpe = await trainBpe('the cat', { vocabSize: 270, preTokenizer: 'byte-level' });
    const tokenizer = await loadTokenizer(
      folderWith({
        'tokenizer.json': bpe.toJSON(),
        'tokenizer_config.json': { eos_token: '<END>', pad_token: null },
      }),
    );
    const end = bpe.vocabSize;
    expect(tokenizer).toMatchObject({ vocabSize: end + 1, eosTokenId: end });
    expect(tokenizerFromJSON(tokenizer.toJSON()).eosTokenId).toBe(end);
    expect(toHuggingFace(tokenizer).model).not.toHaveProperty('eos_token');
  });

  it('name the file with a wrong entry', async () => {
    const load = (files: Record<string, unknown>): Promise<Tokenizer> =>
      loadTokenizer(folderWith({ ...gpt2, ...files }));
    await expect(load({ 'added_tokens.json': { a: 1.5 } })).rejects.toThrow(
      /added_tokens\.json: "a" is 1\.5\. Expected an integer of at least 0/,
    );
    await expect(load({ 'added_tokens.json': { '<NEW>': 3 } })).rejects.toThrow(
      /added token "<NEW>" has the id 3 of "Ă"/,
    );
    await expect(load({ 'tokenizer_config.json': { eos_token: 7 } })).rejects.toThrow(
      /tokenizer_config\.json: "eos_token" is 7\. Expected a string, an object with "content", or null/,
    );
    await expect(load({ 'tokenizer_config.json': { added_tokens_decoder: { x: {} } } })).rejects.toThrow(
      /"added_tokens_decoder": key "x" is invalid\. Expected a token id/,
    );
    await expect(load({ 'special_tokens_map.json': { cls_token: {} } })).rejects.toThrow(
      /"cls_token\.content" is missing\. Expected a non-empty string/,
    );
  });
});

describe('tokenizer_config.json without tokenizer.json', () => {
  it('decides by tokenizer_class or model_type whether <s> and </s> are put around a text', async () => {
    const expected = async (files: Record<string, unknown>, cat: number[]): Promise<void> => {
      expect(
        ids(await loadTokenizer(folderWith({ ...withS, ...files })), ' cat'),
        JSON.stringify(files),
      ).toEqual(cat);
    };
    await expected({ 'tokenizer_config.json': { tokenizer_class: 'GPT2Tokenizer' } }, [261]);
    await expected({ 'tokenizer_config.json': { tokenizer_class: 'GPT2TokenizerFast' } }, [261]);
    await expected({ 'config.json': { model_type: 'gpt2' } }, [261]);
    await expected({ 'config.json': { model_type: 'bart', tokenizer_class: 'GPT2Tokenizer' } }, [261]);
    await expected({ 'tokenizer_config.json': { tokenizer_class: 'RobertaTokenizer' } }, [0, 261, 1]);
    await expected({ 'config.json': { model_type: 'bart' } }, [0, 261, 1]);
    const text = { add_bos_token: true, add_eos_token: true, bos_token: '<s>', add_prefix_space: true };
    const gpt2Class = { ...text, tokenizer_class: 'GPT2Tokenizer' };
    const tokenizer = await loadTokenizer(folderWith({ ...withS, 'tokenizer_config.json': gpt2Class }));
    expect(ids(tokenizer, 'cat')).toEqual([0, 261, 2]);
    expect(ids(tokenizer, 'cat', false)).toEqual([261]);
  });

  it('has missing special tokens of its class after the vocabulary', async () => {
    const tokenizer = await loadTokenizer(
      folderWith({ ...withS, 'tokenizer_config.json': { tokenizer_class: 'BartTokenizer' } }),
    );
    expect(ids(tokenizer, '! <unk><pad><mask>', false)).toEqual([36, 35, 262, 263, 264]);
    expect(tokenizer).toMatchObject({ eosTokenId: 1, padTokenId: 263 });
  });

  it('refuses the class of an unsupported tokenizer, and settings of the wrong type', async () => {
    const load = (config: unknown): Promise<Tokenizer> =>
      loadTokenizer(folderWith({ ...gpt2, 'tokenizer_config.json': config }));
    await expect(load({ tokenizer_class: 'Qwen2Tokenizer' })).rejects.toThrow(
      /tokenizer_config\.json: "tokenizer_class" is "Qwen2Tokenizer"\. Expected a folder with tokenizer\.json, or one of GPT2Tokenizer/,
    );
    await expect(load({ add_prefix_space: 'yes' })).rejects.toThrow(
      /"add_prefix_space" is "yes"\. Expected true or false/,
    );
  });

  it('reads the settings of BERT', async () => {
    const vocab = { 'vocab.txt': lines.join('\n') };
    const cased = { ...vocab, 'tokenizer_config.json': { do_lower_case: false, mask_token: '<M>' } };
    expect(ids(await loadTokenizer(folderWith(cased)), 'Cat<M>!')).toEqual([2, 6, 8, 7, 3]);
    expect(ids(await loadTokenizer(folderWith(vocab)), 'Cat!')).toEqual([2, 5, 7, 3]);
  });
});

describe('line ends', () => {
  it.each(['\n', '\r\n', '\r'])('%j in merges.txt and vocab.txt', async (eol) => {
    expect(ids(await loadTokenizer(folderWith(bpeFiles(['<|endoftext|>'], eol))), ' cat!')).toEqual([
      259, 34,
    ]);
    const bert = await loadTokenizer(folderWith({ 'vocab.txt': `\ufeff${lines.join(eol)}` }));
    expect(ids(bert, 'Cat !')).toEqual([2, 5, 7, 3]);
  });

  it('is named when it is no merge', async () => {
    await expect(
      loadTokenizer(folderWith({ ...gpt2, 'merges.txt': '#version: 0.2\n\nĠ c x\n' })),
    ).rejects.toThrow(/merges\.txt: line 3 is "Ġ c x"\. Expected two tokens separated by a space/);
  });
});

describe('the end-of-text token', () => {
  it('of generation_config.json ends a text when no other file names one', async () => {
    const files = {
      ...gpt2,
      'tokenizer_config.json': { eos_token: null },
      'added_tokens.json': { '<END>': 260 },
    };
    const generation = { 'generation_config.json': { eos_token_id: [260, 0] } };
    expect((await loadTokenizer(folderWith({ ...files, ...generation }))).eosTokenId).toBe(260);
    expect(
      (await loadTokenizer(folderWith({ ...files, 'config.json': { eos_token_id: 260 } }))).eosTokenId,
    ).toBe(260);
  });

  it('of trainBpe is named', async () => {
    const options = { vocabSize: 20, specialTokens: ['<START>', '<END>'] };
    const tokenizer = await trainBpe('the cat', { ...options, eosToken: '<END>' });
    expect(tokenizer.eosTokenId).toBe(1);
    expect([...tokenizer.encode('t', { addEos: true })].at(-1)).toBe(1);
    expect(tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer))).eosTokenId).toBe(1);
    expect(() =>
      tokenizerFromJSON({
        ...tokenizer.toJSON(),
        model: { ...(tokenizer.toJSON().model as object), eos_token: 'x' },
      }),
    ).toThrow(/"model\.eos_token" "x" is not in the vocabulary/);
    await expect(trainBpe('the cat', { ...options, eosToken: '</s>' })).rejects.toThrow(
      /^eosToken: "<\/s>" is not among specialTokens/,
    );
    const unnamed = await trainBpe('the cat', options);
    expect(() => unnamed.encode('t', { addEos: true })).toThrow(/has no end-of-text token\. Expected one of/);
  });
});
