import { tinyShakespeare } from '@lilformer/testing';
import { trainBpe } from '@lilformer/tokenizers';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cleanSpacing } from './clean-spacing.js';

it('joins punctuation with the word before it', () => {
  expect(cleanSpacing('speak , speak .\n\nFirst  Citizen : what ? no ! ; ( a )')).toBe(
    'speak, speak. First Citizen: what? no!; (a)',
  );
  expect(cleanSpacing(' we know \' t , he said " no " ')).toBe('we know\' t, he said"no"');
});

it('is idempotent and changes white space only', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', ' ', '\n', '.', ',', '(', ')', '"', "'")),
      (characters) => {
        const text = characters.join('');
        const clean = cleanSpacing(text);
        expect(cleanSpacing(clean)).toBe(clean);
        expect(clean.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
        expect(clean).not.toMatch(/\s\s|\s[.,!?:;)"']|[("]\s/);
      },
    ),
  );
});

const TEXT = tinyShakespeare;

describe('on the text of a 500-token Shakespeare tokenizer', () => {
  it('equals the sample of a notebook', async () => {
    const text = readFileSync(TEXT, 'utf8');
    const tokenizer = await trainBpe(text, {
      vocabSize: 500,
      specialTokens: ['[PAD]', '[UNK]'],
      unkToken: '[UNK]',
    });
    const start = text.indexOf('with life:\nIf I do lose thee');
    const ids = tokenizer.encode(text.slice(start, start + 300));
    expect(cleanSpacing(tokenizer.decode(ids))).toMatch(
      /^with life: If I do lo se thee, I do lo se a thing That n one but f oo l s would ke ep: a bre ath thou art, S er vi le/,
    );
  });
});
