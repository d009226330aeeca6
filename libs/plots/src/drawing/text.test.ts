import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fontWidths } from '../testing/font.js';
import { plainText, shorten, textWidth, visibleToken, wrapText } from './text.js';

const anyText = fc.string({ unit: 'binary', maxLength: 40 });

describe('textWidth', () => {
  it("matches DejaVu's tables for ASCII and label characters", () => {
    for (const [file, bold] of [
      ['DejaVuSans.ttf', false],
      ['DejaVuSans-Bold.ttf', true],
    ] as const) {
      const widthOf = fontWidths(file);
      for (let code = 0x20; code < 0x7f; code++) {
        expect(textWidth(String.fromCharCode(code), 100, { bold })).toBeCloseTo(widthOf(code)! * 100, -0.3);
      }
      for (const sign of '␣↵⇥∅Ġ▁−×·') {
        const width = widthOf(sign.codePointAt(0)!)!;
        expect(textWidth(sign, 1, { bold })).toBeGreaterThan(width - 0.02);
        expect(textWidth(sign, 1, { bold })).toBeLessThan(width + 0.1);
      }
    }
    const sentence = 'Train and validation loss, 3,000 steps (lower is better)';
    const exact = [...sentence].reduce(
      (sum, each) => sum + fontWidths('DejaVuSans.ttf')(each.codePointAt(0)!)!,
      0,
    );
    expect(textWidth(sentence, 12) / (exact * 12)).toBeCloseTo(1, 2);
  });

  it('bounds shortened and wrapped text', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 30, max: 400 }), (text, width) => {
        expect(textWidth(shorten(text, width, 12), 12)).toBeLessThanOrEqual(width);
        for (const row of wrapText(text, width, 12)) expect(textWidth(row, 12)).toBeLessThanOrEqual(width);
      }),
    );
    expect(wrapText('a few words', 1000, 12)).toEqual(['a few words']);
    expect(wrapText('', 100, 12)).toEqual([]);
    expect(shorten('fits', 100, 12)).toBe('fits');
    // Exactly the needed width, up to rounding.
    for (const text of ['What', 'MENENIUS:'])
      expect(shorten(text, textWidth(text, 12) + 0.1 - 0.1 - 1e-12, 12)).toBe(text);
  });
});

describe('visibleToken', () => {
  it('makes whitespace visible, and names invisible characters', () => {
    expect(visibleToken(' the')).toBe('␣the');
    expect(visibleToken('a\n\tb\r')).toBe('a↵⇥b\\r');
    expect(visibleToken('')).toBe('∅');
    expect(visibleToken('\u0000')).toBe('\\x00');
    expect(visibleToken('\u200b\u202e\u00a0')).toBe('U+200BU+202EU+00A0');
    expect(visibleToken('\ud800')).toBe('\ufffd');
    expect(visibleToken('naïve 猫🐈')).toBe('naïve␣猫🐈');
    expect(visibleToken('<b>&"')).toBe('<b>&"');
  });

  it('leaves no invisible characters and no empty label', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.string({ unit: fc.integer({ max: 0xffff }).map((c) => String.fromCharCode(c)) }),
        ),
        (token) => {
          const label = visibleToken(token);
          expect(label).not.toMatch(/[\s\p{Cc}\p{Cf}\p{Cs}\p{Z}]/u);
          expect(label.length).toBeGreaterThan(0);
          expect(plainText(label)).toBe(label);
        },
      ),
    );
  });
});
