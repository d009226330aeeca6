// Random text that is difficult for tokenizers: scripts, marks, contractions, white space, lone surrogates.
import fc from 'fast-check';

const PIECES = [
  ..."aAbest'rvmld019 \n\t.,!-_<|>",
  ...["'s", "'ll", "'re", "it's", '  ', '   ', ' \n', '\n\n', '\r\n', '\u00a0', '\u0085', '\u2028', '\u3000'],
  ...[
    'é',
    'e\u0301',
    'ñ',
    'ß',
    'Я',
    '你',
    '日本',
    '한',
    'ع',
    'हि',
    '½',
    '٣',
    'Ⅷ',
    '’',
    '…',
    '\u200d',
    '\u200b',
    '\ufeff',
  ],
  ...['🙂', '👩\u200d👧', '🇫🇷', '𝒳', '𐐷', '\ud83d', '\ude42', '<|endoftext|>', '[UNK]', '<s>', ' <s>', 'the'],
];

/** Texts of difficult pieces and of any code points. */
export function trickyText(): fc.Arbitrary<string> {
  const anyCodePoint = fc.nat(0x10ffff).map((codePoint) => String.fromCodePoint(codePoint));
  return fc
    .array(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...PIECES) }, anyCodePoint), { maxLength: 24 })
    .map((pieces) => pieces.join(''));
}

/** The same without lone surrogates, for encoders that accept valid Unicode only. */
export function wholeText(): fc.Arbitrary<string> {
  return trickyText().map((text) => text.replace(/\p{Surrogate}/gu, '\ufffd'));
}
