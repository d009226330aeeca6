import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { luminance, panelsOf, readCells } from '../testing/cells.js';
import { all, parseXml, texts } from '../testing/drawing.js';
import { attentionAverages, attentionHead, attentionLayer, attentionModel } from './figures.js';

/** Causal attention weights from any scores. */
function causal(size: number, score: (query: number, key: number) => number): number[][] {
  return Array.from({ length: size }, (_, i) => {
    const scores = Array.from({ length: size }, (_, j) => (j > i ? 0 : Math.exp(score(i, j))));
    const sum = scores.reduce((a, b) => a + b);
    return scores.map((each) => each / sum);
  });
}

const previous = (size: number) => causal(size, (i, j) => (j === i - 1 ? 4 : Math.sin(i * 7 + j)));

const KING = [...'KING HENRY:'];

describe('attentionHead', () => {
  it('draws each weight once, larger ones darker, and only the lower triangle under a causal mask', () => {
    const weights = previous(11);
    const svg = attentionHead({ tokens: KING, weights }).toSVG();
    const [panel] = panelsOf(svg);
    const cells = readCells(panel);
    const drawn = weights.flatMap((row, i) =>
      row.flatMap((weight, j) => {
        expect(cells[i][j] !== undefined).toBe(j <= i);
        return j <= i ? [{ weight, light: luminance(cells[i][j]!) }] : [];
      }),
    );
    expect(drawn).toHaveLength(66);
    drawn.sort((a, b) => a.weight - b.weight);
    for (let i = 1; i < drawn.length; i++) expect(drawn[i].light).toBeLessThanOrEqual(drawn[i - 1].light);
    expect(drawn.at(-1)!.light).toBeLessThan(0.03);
    const written = texts(svg);
    expect(written.filter((text) => text === '␣')).toHaveLength(2);
    expect(written.filter((text) => text === 'K')).toHaveLength(2);
    expect(written).toContain(weights[5][4].toFixed(2));
    expect(written).toContain('attention weight');
  });

  it('draws a full square without a mask, and gaps for NaN', () => {
    const weights = [
      [0.5, 0.5],
      [0.25, NaN],
    ];
    const svg = attentionHead({ tokens: ['a', 'b'], weights }).toSVG();
    const cells = readCells(panelsOf(svg)[0]);
    expect(cells[0].filter(Boolean)).toHaveLength(2);
    expect(cells[1].filter(Boolean)).toHaveLength(1);
    expect(texts(svg)).toEqual(expect.arrayContaining(['0.50', '0.25']));
    expect(svg).not.toContain('NaN');
  });

  it('labels each of up to 64 tokens, in the figure of a head and of a layer', () => {
    const weights = Array.from({ length: 64 }, () => new Float32Array(64).fill(1 / 64));
    const tokens = weights.map((_, i) => `t${i}`);
    for (const svg of [
      attentionHead({ tokens, weights }).toSVG(),
      attentionLayer({ tokens, heads: Array.from({ length: 8 }, () => weights) }).toSVG(),
    ]) {
      const labels = texts(svg);
      for (const token of tokens) expect(labels.filter((text) => text === token).length).toBeGreaterThan(1);
    }
    const thumbnails = texts(attentionModel({ tokens, layers: [[weights]] }).toSVG()).join(' ');
    for (const token of tokens) expect(thumbnails).toContain(token);
  });

  it('thins labels where tokens are many, and keeps a diagonal visible where cells are smaller than pixels', () => {
    const size = 1024;
    const weights = Array.from({ length: size }, (_, i) =>
      Float32Array.from({ length: size }, (_, j) => (j === Math.max(0, i - 1) ? 1 : 0)),
    );
    const tokens = weights.map((_, i) => ` token ${i}`);
    const svg = attentionHead({ tokens, weights }).toSVG();
    const labels = texts(svg).filter((text) => text.startsWith('␣token'));
    expect(labels.length).toBeGreaterThan(40);
    expect(labels.length).toBeLessThan(160);
    const cells = readCells(panelsOf(svg)[0]);
    expect(cells.length).toBeLessThanOrEqual(512);
    for (const [i, row] of cells.entries()) expect(luminance(row[i]!)).toBeLessThan(0.03);
    expect(svg.length).toBeLessThan(100_000);
  });

  it('rejects invalid input', () => {
    expect(() => attentionHead({ tokens: [], weights: [] })).toThrow('tokens: empty');
    expect(() => attentionHead({ tokens: ['a', 'b'], weights: [[1]] })).toThrow(
      'weights: length 1. Expected 2, the same as the number of rows',
    );
    expect(() => attentionHead({ tokens: ['a'], weights: [[1, 2]] })).toThrow('weights[0]: length 2');
    expect(() => attentionHead({ tokens: ['a'], weights: [[Infinity]] })).toThrow('weights[0][0]: Infinity');
    expect(() => attentionHead({ tokens: ['a'], weights: [[1]], max: 0 })).toThrow(
      'max: 0. Expected a weight',
    );
  });

  it('is well-formed and deterministic for any tokens', () => {
    const token = fc.string({ unit: 'binary', maxLength: 12 });
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 20 }), token, (tokens, title) => {
        const draw = () => attentionHead({ tokens, weights: previous(tokens.length), title }).toSVG();
        const svg = draw();
        expect(parseXml(svg).name).toBe('svg');
        expect(draw()).toBe(svg);
      }),
      { numRuns: 60 },
    );
    const hostile = '"/><script>alert(1)</script>&amp;]]>';
    const svg = attentionHead({ tokens: [hostile], weights: [[1]], width: 3000 }).toSVG();
    expect(all(parseXml(svg), 'script')).toEqual([]);
  });
});

describe('several heads', () => {
  const heads = [0, 1, 2, 3].map((kind) => causal(11, (i, j) => (j === i - kind ? 3 : 0)));

  it('are named panels with one color scale', () => {
    const svg = attentionLayer({ tokens: KING, heads }).toSVG();
    expect(panelsOf(svg)).toHaveLength(4);
    expect(texts(svg)).toEqual(expect.arrayContaining(['head 0', 'head 1', 'head 2', 'head 3']));
    const named = attentionLayer({
      tokens: KING,
      heads,
      names: ['step 0', 'step 500', 'step 1000', 'step 3000'],
    });
    expect(texts(named.toSVG())).toContain('step 500');
    expect(() => attentionLayer({ tokens: KING, heads, names: ['a'] })).toThrow(
      'names: length 1. Expected 4, the same as heads',
    );
    expect(() => attentionLayer({ tokens: KING, heads: [] })).toThrow('heads: empty');
    expect(() => attentionLayer({ tokens: KING, heads: [heads[0], [[1]]] })).toThrow('heads[1]: length 1');
  });

  it('are a grid of layers × heads', () => {
    const svg = attentionModel({ tokens: KING, layers: [heads, heads.slice(0, 2), heads] }).toSVG();
    expect(panelsOf(svg)).toHaveLength(10);
    const tops = new Set(
      panelsOf(svg).map(({ attributes }) => /translate\(\S+ (\S+)\)/.exec(attributes.transform)![1]),
    );
    expect(tops.size).toBe(3);
    expect(texts(svg)).toEqual(expect.arrayContaining(['layer 0', 'layer 2', 'head 3']));
    expect(texts(svg).at(-1)).toBe('queries down, keys across: K I N G ␣ H E N R Y :');
    expect(() => attentionModel({ tokens: KING, layers: [] })).toThrow('layers: empty');
    expect(() => attentionModel({ tokens: KING, layers: [[]] })).toThrow('layers[0]: empty');
  });

  it('are averaged element by element', () => {
    const onto = (key: number) => [[1, 0, 0], [1, 0, 0], [0, 1, 2].map((j) => (j === key ? 1 : 0))];
    const layers = [
      [onto(0), onto(1)],
      [onto(2), onto(2)],
    ];
    const svg = attentionAverages({ tokens: ['a', 'b', 'c'], layers }).toSVG();
    const panels = panelsOf(svg).map(readCells);
    expect(panels).toHaveLength(3);
    expect(texts(svg)).toEqual(expect.arrayContaining(['layer 0', 'layer 1', 'all layers']));
    const last = panels.map((cells) => cells[2].map((color) => luminance(color!)));
    expect(last[0][0]).toBe(last[0][1]);
    expect(last[0][0]).toBeLessThan(last[0][2]);
    expect(last[1][2]).toBeLessThan(last[0][0]);
    expect(last[2][2]).toBe(last[0][0]);
    expect(last[2][0]).toBeGreaterThan(last[0][0]);
    expect(last[2][0]).toBe(last[2][1]);
  });

  it('clamp weights above max, and mark max with ≥', () => {
    const spread = causal(20, () => 0);
    const tokens = spread.map((_, i) => String(i));
    const dark = (max?: number) => {
      const cells = readCells(panelsOf(attentionHead({ tokens, weights: spread, max }).toSVG())[0]);
      return luminance(cells[19][0]!);
    };
    expect(dark(0.1)).toBeLessThan(dark(1) - 0.3);
    expect(texts(attentionHead({ tokens, weights: spread, max: 0.1 }).toSVG())).toContain('≥ 0.1');
    // All weights after the first query are at most 0.5.
    expect(texts(attentionHead({ tokens, weights: spread }).toSVG())).toContain('≥ 0.5');
  });
});
