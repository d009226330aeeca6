// Tokenizers that would take the time or memory of a denial of service.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadTokenizer, tokenizerFromJSON, type Tokenizer } from '../index.js';
import { linearReplace } from './linear-pattern.js';

const folder = mkdtempSync(join(tmpdir(), 'lilformer-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'tokenizer.json');

const model = { type: 'WordPiece', unk_token: '[UNK]', vocab: { '[UNK]': 0, a: 1, '##a': 2 } };
const withNormalizer = (normalizer: unknown): Tokenizer => tokenizerFromJSON({ normalizer, model });
const replace = (pattern: object, content: string): object => ({ type: 'Replace', pattern, content });

describe('patterns of Replace', () => {
  it('replace what a regular expression does', () => {
    const atom = fc.tuple(
      fc.constantFrom('a', 'b', '1', ' '),
      fc.constantFrom('', '*', '+', '?', '{2}', '{1,}', '{0,2}'),
    );
    const pattern = fc.array(atom, { minLength: 1, maxLength: 6 }).map((atoms) => atoms.flat().join(''));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '🙂'), maxLength: 12 });
    fc.assert(
      fc.property(pattern, text, (pattern, text) => {
        const mine = linearReplace(pattern)!(text, () => '-');
        expect(mine).toBe(text.replace(new RegExp(pattern, 'gu'), '-'));
      }),
      { numRuns: 3000 },
    );
  });

  it('take linear time', () => {
    const text = 'a'.repeat(100_000);
    for (const Regex of ['a*a*a*a*a*a*a*a*a*a*a*a*b', 'a*b', 'a*b?a*c', 'a{90000}a{20000}']) {
      expect(withNormalizer(replace({ Regex }, '')).encode(text)).toEqual(Uint32Array.of(0));
    }
  });

  it('are named when they are not supported', () => {
    expect(() => withNormalizer(replace({ Regex: '(a|a)*b' }, ''))).toThrow(
      '"normalizer.pattern" "(a|a)*b" is not supported. Expected a "String", or a "Regex" of',
    );
    expect(() => withNormalizer(replace({}, ''))).toThrow('"normalizer.pattern" missing is not supported');
    expect(() => withNormalizer(replace({ Regex: 'ab'.repeat(40) }, ''))).toThrow('of up to 64 letters');
  });
});

it('a text that normalizers make far longer is an error', () => {
  const double = replace({ String: 'a' }, 'aa');
  const doubling = withNormalizer({
    type: 'Sequence',
    normalizers: Array.from({ length: 28 }, () => double),
  });
  expect(() => doubling.encode('a')).toThrow(
    /"normalizer.*" makes a text of 1 characters more than 64 times longer/,
  );
  const long = withNormalizer(replace({ String: 'a' }, 'b'.repeat(1_000_000)));
  expect(() => long.encode('a'.repeat(1000))).toThrow('more than 64 times longer');
  const inner = withNormalizer({
    type: 'Sequence',
    normalizers: [replace({ String: 'b' }, 'bb'), replace({ String: 'b' }, '')],
  });
  expect(inner.encode('aba')).toEqual(Uint32Array.of(1, 2));
});

it('a text may contain what stands for matches in JavaScript', () => {
  const dollars = withNormalizer(replace({ String: 'b' }, '$&$1$$'));
  const vocab = { ...model.vocab, ['$']: 3, '##$': 4, '&': 5, '##&': 6, '1': 7, '##1': 8 };
  expect(dollars.encode('a')).toEqual(Uint32Array.of(1));
  const known = tokenizerFromJSON({
    normalizer: replace({ String: 'b' }, '$&$1$$'),
    model: { ...model, vocab },
  });
  expect(known.encode('ba').toString()).toBe('3,6,4,8,4,4,2');
});

it('prefixes and suffixes of the parts of a word are short', () => {
  const affix = '#'.repeat(65);
  const bpe = { type: 'BPE', vocab: { a: 0 }, merges: [], unk_token: 'a' };
  for (const [name, one] of [
    ['continuing_subword_prefix', model],
    ['continuing_subword_prefix', bpe],
    ['end_of_word_suffix', bpe],
  ] as const) {
    expect(() => tokenizerFromJSON({ model: { ...one, [name]: affix } })).toThrow(
      `"model.${name}" is "${affix.slice(0, 56)}…. Expected at most 64 characters.`,
    );
  }
});

it('sequences are short', () => {
  const part = (type: string): object[] => Array.from({ length: 101 }, () => ({ type }));
  for (const [name, key, parts] of [
    ['normalizer', 'normalizers', part('NFC')],
    ['pre_tokenizer', 'pretokenizers', part('Whitespace')],
    ['post_processor', 'processors', part('ByteLevel')],
  ] as const) {
    expect(() => tokenizerFromJSON({ model, [name]: { type: 'Sequence', [key]: parts } })).toThrow(
      `"${name}.${key}" has 101 entries. Expected at most 100.`,
    );
  }
  const single = Array.from({ length: 101 }, () => ({ SpecialToken: { id: '[UNK]' } }));
  const post = { type: 'TemplateProcessing', single, special_tokens: {} };
  expect(() => tokenizerFromJSON({ model, post_processor: post })).toThrow(
    '"post_processor.single" has 101 entries',
  );
});

it('tokens that are matched at each position are short', () => {
  const long = 'a'.repeat(513);
  const vocab = [
    ['<unk>', 0],
    [long, -1],
  ];
  expect(() => tokenizerFromJSON({ model: { type: 'Unigram', unk_id: 0, vocab } })).toThrow(
    /"model\.vocab": token 1 has 513 characters \("aa.*…\)\. Expected at most 512\./,
  );
  const words = { '[UNK]': 0, a: 1, [`##${long}`]: 2 };
  expect(() => tokenizerFromJSON({ model: { ...model, vocab: words } })).toThrow(
    '"model.vocab": token 2 has 515 characters',
  );
  const added_tokens = [{ id: 3, content: long }];
  expect(() => tokenizerFromJSON({ model, added_tokens })).toThrow(
    '"added_tokens": token 0 has 513 characters',
  );
});

it('the longest of many added tokens is found', () => {
  const added_tokens = Array.from({ length: 20_000 }, (_, i) => ({ id: 3 + i, content: `<${i}>` }));
  added_tokens.push({ id: 20_003, content: '<1><' }, { id: 20_004, content: '<1><2' });
  const tokenizer = tokenizerFromJSON({ model, added_tokens });
  const ids = tokenizer.encode('<1><2><19999><1><1'.repeat(20_000));
  expect(ids.subarray(0, 4).toString()).toBe(`20004,0,${3 + 19_999},20003`);
  expect(ids.length).toBe(5 * 20_000);
});

it('a word of any length takes time in proportion to it', () => {
  const vocab = { '[UNK]': 0, a: 1, ['##a']: 2, [`##${'a'.repeat(200)}b`]: 3 };
  const wordPiece = tokenizerFromJSON({ model: { ...model, vocab, max_input_chars_per_word: 1e9 } });
  const ids = wordPiece.encode(`${'a'.repeat(100_000)}b`);
  expect(ids.length).toBe(100_000 - 200 + 1);
  expect(ids.at(-1)).toBe(3);
});

describe('JSON', () => {
  it('has numbers that Python writes', async () => {
    const scores =
      '{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["NaN \\" Infinity", -Infinity]]}, "x": [NaN, Infinity]}';
    writeFileSync(path, scores);
    const tokenizer = await loadTokenizer(path);
    expect(tokenizer.idToToken(1)).toBe('NaN " Infinity');
    writeFileSync(path, '{"a": Nan}');
    await expect(loadTokenizer(path)).rejects.toThrow(/tokenizer\.json: not JSON: /);
  });

  it('that takes far more memory than its text is an error', async () => {
    for (const [value, count] of [
      ['{}', 3_000_001],
      ['[]', 3_000_001],
    ] as const) {
      writeFileSync(path, `{"model":[${`${value},`.repeat(3_000_000)}${value}]}`);
      await expect(loadTokenizer(path)).rejects.toThrow(
        `tokenizer.json: has ${count + 2} objects and arrays in 9000014 characters. Expected a tokenizer file.`,
      );
    }
    const merges = Array.from({ length: 200_000 }, (_, i) => [`a${i}`, 'b']);
    writeFileSync(path, JSON.stringify({ model: { type: 'BPE', vocab: {}, merges } }));
    await expect(loadTokenizer(path)).rejects.toThrow('is not in the vocabulary');
  });

  it('that is nested too deeply is an error', async () => {
    writeFileSync(path, `${'{"normalizer":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
    await expect(loadTokenizer(path)).rejects.toThrow(
      /tokenizer\.json: nested 100000 levels deep\. Expected/,
    );
    let normalizer: object = { type: 'NFC' };
    for (let i = 0; i < 20_000; i++) normalizer = { type: 'Sequence', normalizers: [normalizer] };
    expect(() => withNormalizer(normalizer)).toThrow(/nested too deeply/);
  });
});

it.skipIf(process.platform === 'win32')('a device is no tokenizer', async () => {
  await expect(loadTokenizer('/dev/zero')).rejects.toThrow('/dev/zero: not a regular file. Expected');
});
