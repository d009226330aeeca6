import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CompactBuilder, CompactTokenizer, gpt2Tokenizer, tokenizerFromJSON, trainBpe } from '../index.js';

const story =
  'Once upon a time there was a little cat. The cat was happy.<|endoftext|>\nOnce upon a time there was a dog.\n';

describe('CompactTokenizer', () => {
  const builder = new CompactBuilder().add(story);
  const tokenizer = builder.build(10);

  it('keeps the most frequent ids; of equals, the smaller ones', () => {
    const ids = [...gpt2Tokenizer().encode(story)].filter((id) => id !== 50_256);
    const count = (id: number): number => ids.filter((other) => other === id).length;
    const expected = [...new Set(ids)].sort((a, b) => count(b) - count(a) || a - b).slice(0, 7);
    expect(tokenizer.toJSON()).toEqual({
      vocab_size: 10,
      gpt2_to_compact: Object.fromEntries(expected.map((id, i) => [id, i + 3])),
      compact_to_gpt2: Object.fromEntries(expected.map((id, i) => [i + 3, id])),
    });
  });

  it('maps the end-of-text token to its own, not to an entry', () => {
    expect([tokenizer.padTokenId, tokenizer.unkTokenId, tokenizer.eosTokenId]).toEqual([0, 1, 2]);
    expect([...tokenizer.encode('<|endoftext|>')]).toEqual([2]);
    expect([...tokenizer.encode('', { addEos: true })]).toEqual([2]);
    expect([...tokenizer.encode('<|endoftext|>', { splitSpecialTokens: true })]).not.toContain(2);
    expect(tokenizer.tokenToId('<|endoftext|>')).toBe(2);
    expect(new CompactBuilder().add('<|endoftext|>'.repeat(9)).build(10).keptCount).toBe(0);
  });

  it('counts unknown tokens', () => {
    const all = [...gpt2Tokenizer().encode(story)].filter((id) => id !== 50_256);
    const unknown = [...tokenizer.encode(story)].filter((id) => id === 1).length;
    expect(unknown).toBeGreaterThan(0);
    expect(builder.unknownAt(10)).toEqual({ tokens: all.length, unknown, share: unknown / all.length });
    expect(tokenizer.countUnknown(story)).toEqual({
      tokens: all.length + 1,
      unknown,
      share: unknown / (all.length + 1),
    });
    expect(tokenizer.countUnknown('').share).toBe(0);
    const roomy = builder.build(1000);
    expect(roomy.countUnknown(story).unknown).toBe(0);
    expect(roomy.decode(roomy.encode(story))).toBe(story.replace('<|endoftext|>', ''));
  });

  it('counts a file read in pieces like the whole text', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lilformer-compact-'));
    try {
      const text = `${story.repeat(15_000)}  \n \n a last line that does not end`;
      writeFileSync(join(folder, 'a.txt'), text);
      writeFileSync(join(folder, 'b.txt'), 'another');
      const files = await new CompactBuilder().addCorpus({
        files: [join(folder, 'a.txt'), join(folder, 'b.txt')],
      });
      const whole = new CompactBuilder().add(text).add('another');
      for (const size of [3, 5, 10, 30]) expect(files.unknownAt(size)).toEqual(whole.unknownAt(size));
      expect(files.build(40).toJSON()).toEqual(whole.build(40).toJSON());
      const strings = await new CompactBuilder().addCorpus([text, 'another']);
      expect(strings.unknownAt(10)).toEqual(whole.unknownAt(10));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is restored from its JSON, with its own base too', async () => {
    const base = await trainBpe([story], {
      vocabSize: 300,
      preTokenizer: 'byte-level',
      specialTokens: ['<|endoftext|>'],
    });
    for (const original of [tokenizer, new CompactBuilder(base).add(story).build(20)]) {
      const again = tokenizerFromJSON(JSON.parse(JSON.stringify(original)));
      expect(again.encode(story, { addEos: true })).toEqual(original.encode(story, { addEos: true }));
      expect(again.vocabSize).toBe(original.vocabSize);
      expect(again.toJSON()).toEqual(original.toJSON());
    }
  });

  it('converts between ids and tokens', () => {
    expect([0, 1, 2].map((id) => tokenizer.idToToken(id))).toEqual(['<pad>', '<unk>', '<eos>']);
    const id = tokenizer.tokenToId('Ġwas')!;
    expect(id).toBeGreaterThan(2);
    expect(tokenizer.idToToken(id)).toBe('Ġwas');
    expect(tokenizer.tokenToId('Ġzebra')).toBeUndefined();
    expect(tokenizer.tokenToId('<pad>')).toBe(0);
    expect(tokenizer.idToToken(10)).toBeUndefined();
  });

  it('names the wrong entry of a table', () => {
    const read = (json: unknown) => () => CompactTokenizer.fromJSON(json);
    expect(read(null)).toThrow(/compact tokenizer: is null\. Expected a JSON object/);
    expect(read({ gpt2_to_compact: {} })).toThrow(/"vocab_size" is missing/);
    expect(read({ vocab_size: 2, gpt2_to_compact: {} })).toThrow(/vocabSize is 2\. Expected .* at least 3/);
    expect(read({ vocab_size: 9, gpt2_to_compact: [] })).toThrow(/"gpt2_to_compact" is an array/);
    expect(read({ vocab_size: 9, gpt2_to_compact: { x: 3 } })).toThrow(
      /key "x" is invalid\. Expected an integer/,
    );
    expect(read({ vocab_size: 9, gpt2_to_compact: { 5: '3' } })).toThrow(/"gpt2_to_compact\.5" is "3"/);
    expect(read({ vocab_size: 9, gpt2_to_compact: { 5: 9 } })).toThrow(
      /base id 5 maps to 9\. Expected .* 3 to 8/,
    );
    expect(read({ vocab_size: 9, gpt2_to_compact: { 5: 2 } })).toThrow(/base id 5 maps to 2/);
    expect(read({ vocab_size: 9, gpt2_to_compact: { 5: 3, 6: 3 } })).toThrow(/both/);
    expect(read({ vocab_size: 9, gpt2_to_compact: { 5: 3 }, compact_to_gpt2: { 3: 6 } })).toThrow(
      /"compact_to_gpt2\.3" is 6, but "gpt2_to_compact\.6" is missing/,
    );
    expect(() =>
      CompactTokenizer.fromJSON({ vocab_size: 9, gpt2_to_compact: { 60000: 3 } }).encode('a'),
    ).toThrow(/base id 60000 is outside the base vocabulary of 50257 tokens/);
    expect(() => new CompactBuilder().build(2)).toThrow(/vocabSize is 2/);
    expect(() => new CompactBuilder().addIds([-1])).toThrow(/id is -1\. Expected .* 0 to 50256/);
  });
});
