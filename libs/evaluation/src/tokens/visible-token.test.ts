import { byteLevel, CharTokenizer, trainBpe } from '@lilformer/tokenizers';
import { expect, it } from 'vitest';
import { visibleText, visibleToken } from './visible-token.js';

it('shows white space and control characters', () => {
  expect(visibleText('to be,\n\tor\u00a0not\r\u0007 é😀\u200b')).toBe(
    'to␣be,↵⇥or\\xa0not\\x0d\\x07␣é😀\\u{200b}',
  );
});

it('shows characters, special tokens and parts of characters', async () => {
  const characters = CharTokenizer.fromText('a\n b');
  expect([...characters.encode('a\nb ')].map((id) => visibleToken(characters, id))).toEqual([
    'a',
    '↵',
    'b',
    '␣',
  ]);

  const tokenizer = await trainBpe('the cat. the cat. é', {
    vocabSize: 270,
    preTokenizer: byteLevel(),
    specialTokens: ['<|endoftext|>'],
  });
  const shown = [...tokenizer.encode('cat the 😀<|endoftext|>')].map((id) => visibleToken(tokenizer, id));
  // GPT-2 spells the four bytes of 😀 so.
  expect(shown).toEqual(['cat', '␣the', '␣', 'ð', 'Ł', 'ĺ', 'Ģ', '<|endoftext|>']);
  expect(() => visibleToken(tokenizer, 999)).toThrow('token id: is 999. Expected a whole number from 0 to');
});
