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
} from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'lilformer-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'tokenizer.json');
const text = 'the cat sat on the mat';
const bpe = await trainBpe([text], { vocabSize: 40, specialTokens: ['<unk>'], unkToken: '<unk>' });
const kinds: Tokenizer[] = [CharTokenizer.fromText(text), bpe, new CompactBuilder().add(text).build(8)];

describe('tokenizers on disk', () => {
  it('come back as what they were, and can be sent to a worker', async () => {
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

  it('stay as they are when saving fails', async () => {
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

  it('say what is wrong, and in which file', async () => {
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
    expect(await wrong('[1]')).toBe('tokenizer: an array given, expected a JSON object');
    expect(await wrong('{"a": 1}')).toMatch(/no kind that is known/);
    await expect(loadTokenizer(join(folder, 'none.json'))).rejects.toThrow(
      /none\.json: no such file; expected/,
    );
    mkdirSync(join(folder, 'empty'));
    await expect(loadTokenizer(join(folder, 'empty'))).rejects.toThrow(
      /there is no tokenizer in the folder; expected/,
    );
  });
});

describe('a wrong tokenizer.json', () => {
  const base = JSON.parse(JSON.stringify(bpe)) as Record<string, Record<string, unknown>>;
  const change = (part: object, model: object = {}): Record<string, unknown> => ({
    ...base,
    ...part,
    model: { ...base.model, ...model },
  });
  const vocab = base.model.vocab as Record<string, number>;
  const added = { id: 0, content: '<unk>', special: true };

  it.each([
    [{ normalizer: { type: 'NFC' } }, {}, '"normalizer" ("NFC") is not supported with BPE'],
    [{ pre_tokenizer: { type: 'Metaspace' } }, {}, '"pre_tokenizer" "Metaspace" is not supported'],
    [{ pre_tokenizer: { type: 'ByteLevel', use_regex: 1 } }, {}, '"pre_tokenizer.use_regex": 1 given'],
    [{ post_processor: { type: 'Other' } }, {}, '"post_processor" "Other" is not supported'],
    [
      { post_processor: { type: 'TemplateProcessing' } },
      {},
      '"post_processor.special_tokens": missing given',
    ],
    [
      { post_processor: { type: 'BertProcessing', cls: ['x', 999], sep: ['<unk>', 0] } },
      {},
      '"post_processor": id 999 is not in the vocabulary',
    ],
    [{ decoder: { type: 'CTC' } }, {}, '"decoder" "CTC" is not supported'],
    [{ added_tokens: {} }, {}, '"added_tokens": an object given, expected an array'],
    [{ added_tokens: [{ id: 0 }] }, {}, '"added_tokens", entry 0: "content" is missing'],
    [{ added_tokens: [{ ...added, id: -1 }] }, {}, '"added_tokens", entry 0: "id": -1 given'],
    [{ added_tokens: [added, added] }, {}, 'added token "<unk>" is there twice'],
    [{ added_tokens: [{ ...added, id: 1 }] }, {}, 'added token "<unk>" has the id 1 of'],
    [{ added_tokens: [{ ...added, id: 99 }] }, {}, 'has id 99, in the vocabulary it has 0'],
    [{ added_tokens: [{ id: 2 ** 30, content: 'x' }] }, {}, 'id 1073741824 of "x" is far beyond'],
    [{}, { type: 'Unigram' }, '"model" is of type "Unigram", only "BPE" is supported'],
    [{}, { dropout: 0.1 }, '"model.dropout" is 0.1'],
    [{}, { vocab: null }, '"model.vocab": null given'],
    [{}, { vocab: { ...vocab, x: 1.5 } }, '"model.vocab", id of "x": 1.5 given'],
    [{}, { vocab: { ...vocab, xx: 3 } }, 'have the same id 3'],
    [{}, { merges: 'a b' }, '"model.merges": "a b" given, expected an array'],
    [{}, { merges: ['a b c'] }, '"model.merges", entry 0: "a b c" given'],
    [{}, { merges: [['a', 1]] }, '"model.merges", entry 0: an array given'],
    [{}, { merges: [['a', 'zz']] }, 'merge 0 ("a" + "zz"): "zz" is not in the vocabulary'],
    [{}, { unk_token: 3 }, '"model.unk_token": 3 given'],
    [{}, { fuse_unk: 'yes' }, '"model.fuse_unk": "yes" given'],
  ])('is refused by name: %j %j', (part, model, message) => {
    expect(() => BpeTokenizer.fromJSON(change(part, model))).toThrow(message);
  });

  it('never fails otherwise, whatever is put anywhere in it', () => {
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
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
