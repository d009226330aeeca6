import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  BpeTokenizer,
  CharTokenizer,
  CompactBuilder,
  loadTokenizer,
  saveTokenizer,
  tokenizerFromJSON,
  trainBpe,
  type Tokenizer,
} from '../index.js';

const folder = mkdtempSync(join(tmpdir(), 'lilformer-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'tokenizer.json');
const text = 'the cat sat on the mat';
const bpe = await trainBpe([text], { vocabSize: 40, specialTokens: ['<unk>'], unkToken: '<unk>' });
const kinds: Tokenizer[] = [CharTokenizer.fromText(text), bpe, new CompactBuilder().add(text).build(8)];

describe('tokenizers on disk', () => {
  it('are restored unchanged, and can be sent to a worker', async () => {
    for (const tokenizer of kinds) {
      await saveTokenizer(path, tokenizer);
      const loaded = await loadTokenizer(path);
      expect(loaded.constructor).toBe(tokenizer.constructor);
      expect(loaded.encode(text)).toEqual(tokenizer.encode(text));
      const echo = new Worker(
        'const { parentPort, workerData } = require("worker_threads"); parentPort.postMessage(workerData)',
        {
          eval: true,
          workerData: tokenizer.toJSON(),
        },
      );
      const sent = await new Promise((resolve) => echo.once('message', resolve));
      expect(tokenizerFromJSON(sent).encode(text)).toEqual(tokenizer.encode(text));
    }
    expect(readdirSync(folder)).toEqual(['tokenizer.json']);
  });

  it('are unchanged when saving fails', async () => {
    await saveTokenizer(path, kinds[0]);
    const before = readFileSync(path, 'utf8');
    const failing = { toJSON: () => ({ big: 1n }) } as unknown as Tokenizer;
    await expect(saveTokenizer(path, failing)).rejects.toThrow(/tokenizer\.json: cannot save the tokenizer/);
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(folder)).toEqual(['tokenizer.json']);
    await expect(saveTokenizer(join(folder, 'none', 'x.json'), kinds[0])).rejects.toThrow(
      /none.x\.json: cannot save/,
    );
  });

  it('name the file and what is wrong with it', async () => {
    const wrong = async (content: string): Promise<string> => {
      writeFileSync(path, content);
      const error = await loadTokenizer(path).then(
        () => new Error('loaded'),
        (reason: Error) => reason,
      );
      expect(error.message.startsWith(`${path}: `)).toBe(true);
      return error.message.slice(path.length + 2);
    };
    expect(await wrong('')).toMatch(/^not JSON: /);
    expect(await wrong('{"type": "char"')).toMatch(/^not JSON: /);
    expect(await wrong('[1]')).toBe('tokenizer: is an array. Expected a JSON object.');
    expect(await wrong('{"a": 1}')).toMatch(/unknown kind\. Expected/);
    await expect(loadTokenizer(join(folder, 'none.json'))).rejects.toThrow(
      /none\.json: no such file\. Expected/,
    );
    mkdirSync(join(folder, 'empty'));
    await expect(loadTokenizer(join(folder, 'empty'))).rejects.toThrow(/empty: no tokenizer\. Expected/);
  });
});

describe('an invalid tokenizer.json', () => {
  const base = JSON.parse(JSON.stringify(bpe)) as Record<string, Record<string, unknown>>;
  const change = (part: object, model: object = {}): Record<string, unknown> => ({
    ...base,
    ...part,
    model: { ...base.model, ...model },
  });
  const vocab = base.model.vocab as Record<string, number>;
  const added = { id: 0, content: '<unk>', special: true };

  it.each([
    [
      { normalizer: { type: 'NFC' } },
      {},
      '"normalizer" "NFC" is not supported. Expected null with a BPE model',
    ],
    [{ pre_tokenizer: { type: 'Metaspace' } }, {}, '"pre_tokenizer" "Metaspace" is not supported'],
    [{ pre_tokenizer: { type: 'ByteLevel', use_regex: 1 } }, {}, '"pre_tokenizer.use_regex" is 1'],
    [{ post_processor: { type: 'Other' } }, {}, '"post_processor" "Other" is not supported'],
    [{ post_processor: { type: 'TemplateProcessing' } }, {}, '"post_processor.special_tokens" is missing'],
    [
      { post_processor: { type: 'BertProcessing', cls: ['x', 999], sep: ['<unk>', 0] } },
      {},
      '"post_processor": id 999 is not in the vocabulary',
    ],
    [{ decoder: { type: 'CTC' } }, {}, '"decoder" "CTC" is not supported'],
    [{ added_tokens: {} }, {}, '"added_tokens" is an object. Expected an array'],
    [{ added_tokens: [{ id: 0 }] }, {}, '"added_tokens[0].content" is missing'],
    [{ added_tokens: [{ ...added, id: -1 }] }, {}, '"added_tokens[0].id" is -1'],
    [{ added_tokens: [added, added] }, {}, 'added token "<unk>" is a duplicate'],
    [{ added_tokens: [{ ...added, id: 1 }] }, {}, 'added token "<unk>" has the id 1 of'],
    [{ added_tokens: [{ ...added, id: 99 }] }, {}, 'has id 99, but 0 in the vocabulary'],
    [{ added_tokens: [{ id: 2 ** 30, content: 'x' }] }, {}, 'id 1073741824 of "x" is too large'],
    [{}, { type: 'Unigram' }, '"model.type" is "Unigram". Expected "BPE"'],
    [{}, { dropout: 0.1 }, '"model.dropout" is 0.1'],
    [{}, { vocab: null }, '"model.vocab" is null'],
    [{}, { vocab: { ...vocab, x: 1.5 } }, '"model.vocab.x" is 1.5'],
    [{}, { vocab: { ...vocab, xx: 3 } }, 'have the same id 3'],
    [{}, { merges: 'a b' }, '"model.merges" is "a b". Expected an array'],
    [{}, { merges: ['a b c'] }, '"model.merges[0]" is "a b c"'],
    [{}, { merges: [['a', 1]] }, '"model.merges[0]" is an array'],
    [{}, { merges: [['a', 'zz']] }, 'merge 0 ("a" + "zz"): "zz" is not in the vocabulary'],
    [{}, { unk_token: 3 }, '"model.unk_token" is 3'],
    [{}, { fuse_unk: 'yes' }, '"model.fuse_unk" is "yes"'],
  ])('throws an error that names the field: %j %j', (part, model, message) => {
    expect(() => BpeTokenizer.fromJSON(change(part, model))).toThrow(message);
  });

  it('throws no other error, whatever value a field has', () => {
    const paths = ['added_tokens', 'pre_tokenizer', 'decoder', 'post_processor', 'model'];
    const inner = [...Object.keys(base.model), 'vocab', 'merges'];
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.constantFrom(...inner),
        fc.jsonValue(),
        (outer, name, value) => {
          const json = outer === 'model' ? change({}, { [name]: value }) : change({ [outer]: value });
          try {
            tokenizerFromJSON(json).encode(text);
          } catch (error) {
            expect(error).not.toBeInstanceOf(TypeError);
            expect(error).not.toBeInstanceOf(RangeError);
            expect((error as Error).message).toMatch(/tokenizer\.json|merge \d+|unknown character/);
            expect((error as Error).message).not.toMatch(/: undefined|is undefined|\[object/);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
