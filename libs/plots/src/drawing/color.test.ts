import { describe, expect, it } from 'vitest';
import { CATEGORICAL, diverging, sequential, sequentialOnDark } from './color.js';
import { INK, MUTED } from './svg.js';

type Rgb = [number, number, number];

function linear(hex: string): Rgb {
  return [1, 3, 5].map((i) => {
    const value = parseInt(hex.slice(i, i + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
}

/** WCAG 2's relative luminance. */
const luminance = (hex: string) =>
  linear(hex).reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);

/** CIELAB (D65), independent of the OKLab that the scales are made in. */
function lab([r, g, b]: Rgb): Rgb {
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27) * t * (1 / 116) + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Full color blindness: Machado, Oliveira and Fernandes, 2009. */
const BLINDNESS = {
  none: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
};

function seen(hex: string, m: number[]): Rgb {
  const [r, g, b] = linear(hex);
  return [0, 3, 6].map((i) => Math.min(Math.max(m[i] * r + m[i + 1] * g + m[i + 2] * b, 0), 1)) as Rgb;
}

describe('colors', () => {
  it.each(Object.entries(BLINDNESS))('are distinguishable with color blindness %s', (_, matrix) => {
    for (const [i, a] of CATEGORICAL.entries()) {
      for (const b of CATEGORICAL.slice(i + 1)) {
        const [from, to] = [lab(seen(a, matrix)), lab(seen(b, matrix))];
        expect(Math.hypot(...from.map((value, k) => value - to[k])), `${a} ${b}`).toBeGreaterThan(15);
      }
    }
  });

  it.each(Object.entries(BLINDNESS))(
    'of scales have monotonic lightness with color blindness %s',
    (_, matrix) => {
      const lightness = (hex: string) => lab(seen(hex, matrix))[0];
      for (let i = 1; i <= 16; i++) {
        expect(lightness(sequential(i / 16))).toBeLessThan(lightness(sequential((i - 1) / 16)) - 2);
        expect(lightness(sequentialOnDark(i / 16))).toBeGreaterThan(
          lightness(sequentialOnDark((i - 1) / 16)) + 2,
        );
        if (i > 8) continue;
        expect(lightness(diverging(i / 16))).toBeGreaterThan(lightness(diverging((i - 1) / 16)));
        expect(lightness(diverging(1 - i / 16))).toBeGreaterThan(lightness(diverging(1 - (i - 1) / 16)));
      }
      expect(sequential(-1)).toBe(sequential(0));
      expect(sequential(2)).toBe(sequential(1));
    },
  );

  it('of text have a contrast above 4.5 on white', () => {
    for (const color of [INK, MUTED]) expect(1.05 / (luminance(color) + 0.05)).toBeGreaterThan(4.5);
  });
});
