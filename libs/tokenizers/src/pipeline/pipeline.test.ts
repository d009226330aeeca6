// Compares the tokenizers of the four pretrained families with fixtures made by Hugging Face's tokenizers
// (testing/make_pipeline_fixtures.py), and with the library itself on random texts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tokenizer as HuggingFace } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { BpeTokenizer, PipelineTokenizer, tokenizerFromJSON, type Tokenizer } from '../index.js';
import { trickyText, wholeText } from '../testing/random-text.js';

interface Row {
  text: string;
  ids: number[];
  with_special: number[];
  as_text: number[];
  decoded: string;
  decoded_whole: string;
}

const path =
  process.env.LILFORMER_PIPELINES ?? join(import.meta.dirname, '../testing/fixtures/pipelines.json');
const { families } = JSON.parse(readFileSync(path, 'utf8')) as {
  families: Record<string, { tokenizer: Record<string, unknown>; texts: Row[] }>;
};

/** Hugging Face's Unigram finds `</s>` even with special tokens disabled; ours never does. */
const forged = (tokenizer: Tokenizer, ids: number[]): boolean =>
  ids.some((id) => ['</s>', '<pad>'].includes(tokenizer.idToToken(id)!));

describe.each(Object.entries(families))('%s against Hugging Face', (name, { tokenizer: json, texts }) => {
  const tokenizer = tokenizerFromJSON(json);
  const theirs = HuggingFace.fromString(JSON.stringify(json));

  it('loads as the right class', () => {
    expect(tokenizer).toBeInstanceOf(/^(gpt2|bart)/.test(name) ? BpeTokenizer : PipelineTokenizer);
    expect(tokenizer.vocabSize).toBe(theirs.getVocabSize());
  });

  it('gives the ids and texts of the fixtures', () => {
    for (const row of texts) {
      const actual = {
        text: row.text,
        ids: [...tokenizer.encode(row.text)],
        with_special: [...tokenizer.encode(row.text, { addSpecialTokens: true })],
        decoded: tokenizer.decode(row.with_special),
        decoded_whole: tokenizer.decode(row.with_special, { skipSpecialTokens: false }),
      };
      const asText = [...tokenizer.encode(row.text, { splitSpecialTokens: true })];
      expect(actual).toEqual({ ...row, as_text: undefined });
      if (forged(tokenizer, row.as_text)) expect(forged(tokenizer, asText), row.text).toBe(false);
      else expect(asText, row.text).toEqual(row.as_text);
    }
  });

  it('gives the same ids and texts on random texts', async () => {
    await fc.assert(
      fc.asyncProperty(wholeText().filter(isOld), fc.boolean(), async (text, addSpecialTokens) => {
        const encoding = await theirs.encode(text, null, { addSpecialTokens });
        const ids = encoding.getIds();
        expect([...tokenizer.encode(text, { addSpecialTokens })]).toEqual(ids);
        expect(tokenizer.decode(ids)).toBe(await theirs.decode(ids, true));
        expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(await theirs.decode(ids, false));
      }),
      { numRuns: 300 },
    );
  });

  it('decodes any ids equally, as a stream too', async () => {
    const anyIds = fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(anyIds, async (ids) => {
        const text = tokenizer.decode(ids);
        expect(text).toBe(await theirs.decode(ids, true));
        const stream = tokenizer.decodeStream();
        expect(ids.map((id) => stream.push(id)).join('') + stream.flush()).toBe(text);
      }),
      { numRuns: 200 },
    );
    expect(() => tokenizer.decode([tokenizer.vocabSize])).toThrow(/Expected an integer from 0 to/);
  });

  it('is restored from its JSON, which Hugging Face loads', async () => {
    const again = JSON.parse(JSON.stringify(tokenizer)) as unknown;
    const reloaded = HuggingFace.fromString(JSON.stringify(again));
    for (const { text, with_special: expected } of texts) {
      expect([...tokenizerFromJSON(again).encode(text, { addSpecialTokens: true })]).toEqual(expected);
      expect((await reloaded.encode(text)).getIds()).toEqual(expected);
    }
    expect(tokenizerFromJSON(again).toJSON()).toEqual(again);
  });

  it('safeSplitPoint preserves the ids', () => {
    fc.assert(
      fc.property(trickyText(), trickyText(), fc.nat(40), (text, more, near) => {
        const at = tokenizer.safeSplitPoint(text, near);
        if (at === 0) return;
        const whole = text + more;
        const pieces = [whole.slice(0, at), whole.slice(at)].flatMap((piece) => [...tokenizer.encode(piece)]);
        expect(pieces).toEqual([...tokenizer.encode(whole)]);
      }),
      { numRuns: 500 },
    );
  });

  it('adds the end-of-text token once', () => {
    const { eosTokenId } = tokenizer;
    if (eosTokenId === undefined) {
      expect(() => tokenizer.encode('a', { addEos: true })).toThrow(/no end-of-text token/);
      return;
    }
    expect(tokenizer.encode('a', { addEos: true }).at(-1)).toBe(eosTokenId);
    const whole = [...tokenizer.encode('a', { addEos: true, addSpecialTokens: true })];
    expect(whole.filter((id) => id === eosTokenId)).toEqual([eosTokenId]);
  });
});

it('safeSplitPoint is between words', () => {
  const text = 'to be or not to be';
  for (const name of ['bert_uncased', 'bert_cased', 't5']) {
    expect(text.slice(tokenizerFromJSON(families[name].tokenizer).safeSplitPoint(text, 10))).toBe(
      'not to be',
    );
  }
  expect(tokenizerFromJSON(families.t5_converted.tokenizer).safeSplitPoint(text, 10)).toBe(0);
});

/** Scripts unchanged since 2015, the age of Hugging Face's tables of marks and punctuation. */
function isOld(text: string): boolean {
  return /^[\ufe00-\uffef\0-\u052f\u0590-\u05c7\u0620-\u065f\u0904-\u094d\u0e01-\u0e33\u1100-\u11ff\u1e00-\u20a0\u2100-\u214f\u2460-\u26ff\u3000-\u9fa5\uac00-\ud7a3\ue000-\ufa2d\ufb00-\ufb06\u{10400}-\u{1044f}\u{1d400}-\u{1d7cb}\u{1f1e6}-\u{1f64f}\u{20000}-\u{2a6d6}\ufffd]*$/u.test(
    text,
  );
}
