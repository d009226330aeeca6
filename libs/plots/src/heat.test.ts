import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attentionAverages, attentionHead, attentionLayer, attentionModel } from './attention.js';
import { gruGates, gruStep } from './gru.js';
import { heatMap } from './heat-map.js';
import { all, decodePng, inked, parseXml, texts, type Element } from './testing/drawing.js';

/** Attention under a causal mask from any numbers: rows sum to 1, nothing above the diagonal. */
function causal(size: number, score: (query: number, key: number) => number): number[][] {
  return Array.from({ length: size }, (_, i) => {
    const scores = Array.from({ length: size }, (_, j) => (j > i ? 0 : Math.exp(score(i, j))));
    const sum = scores.reduce((a, b) => a + b);
    return scores.map((each) => each / sum);
  });
}

const previous = (size: number) => causal(size, (i, j) => (j === i - 1 ? 4 : Math.sin(i * 7 + j)));

/** The colour of every cell of a panel, undefined where nothing is drawn; fails where something is drawn twice. */
function readCells(panel: Element): (string | undefined)[][] {
  const cells: (string | undefined)[][] = [];
  for (const { attributes } of panel.children) {
    for (const [, x, y, length] of attributes.d.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
      for (let j = Number(x); j < Number(x) + Number(length); j++) {
        const row = (cells[Number(y)] ??= []);
        expect(row[j]).toBeUndefined();
        row[j] = attributes.fill;
      }
    }
  }
  return cells;
}

const panelsOf = (svg: string) =>
  all(parseXml(svg), 'g').filter(({ attributes }) => attributes['shape-rendering'] === 'crispEdges');

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => (parseInt(hex.slice(i, i + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const KING = [...'KING HENRY:'];

describe('attentionHead', () => {
  it('draws each weight once, the triangle alone under a causal mask, darker for more', () => {
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

  it('draws a whole square without a mask, and leaves gaps for NaN', () => {
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

  it('says what it cannot draw', () => {
    expect(() => attentionHead({ tokens: [], weights: [] })).toThrow('tokens is empty');
    expect(() => attentionHead({ tokens: ['a', 'b'], weights: [[1]] })).toThrow(
      'weights has 1, its rows should be 2',
    );
    expect(() => attentionHead({ tokens: ['a'], weights: [[1, 2]] })).toThrow('weights[0] has 2');
    expect(() => attentionHead({ tokens: ['a'], weights: [[Infinity]] })).toThrow(
      'weights[0][0] is Infinity',
    );
    expect(() => attentionHead({ tokens: ['a'], weights: [[1]], max: 0 })).toThrow(
      'max 0: expected a weight',
    );
  });

  it('is well-formed, and the same bytes again, whatever the tokens', () => {
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

  it('are panels of one scale: a layer, with names', () => {
    const svg = attentionLayer({ tokens: KING, heads }).toSVG();
    expect(panelsOf(svg)).toHaveLength(4);
    expect(texts(svg)).toEqual(expect.arrayContaining(['head 0', 'head 1', 'head 2', 'head 3']));
    const named = attentionLayer({
      tokens: KING,
      heads,
      names: ['step 0', 'step 500', 'step 1000', 'step 3000'],
    });
    expect(texts(named.toSVG())).toContain('step 500');
    expect(() => attentionLayer({ tokens: KING, heads, names: ['a'] })).toThrow('names has 1, heads 4');
    expect(() => attentionLayer({ tokens: KING, heads: [] })).toThrow('heads is empty');
    expect(() => attentionLayer({ tokens: KING, heads: [heads[0], [[1]]] })).toThrow('heads[1] has 1');
  });

  it('are a grid of layers × heads', () => {
    const svg = attentionModel({ tokens: KING, layers: [heads, heads.slice(0, 2), heads] }).toSVG();
    expect(panelsOf(svg)).toHaveLength(10);
    const tops = new Set(
      panelsOf(svg).map(({ attributes }) => /translate\(\S+ (\S+)\)/.exec(attributes.transform)![1]),
    );
    expect(tops.size).toBe(3);
    expect(texts(svg)).toEqual(expect.arrayContaining(['layer 0', 'layer 2', 'head 3']));
    expect(texts(svg).at(-1)).toBe('queries down, keys across: KING␣HENRY:');
    expect(() => attentionModel({ tokens: KING, layers: [] })).toThrow('layers is empty');
    expect(() => attentionModel({ tokens: KING, layers: [[]] })).toThrow('layers[0] is empty');
  });

  it('average: of one-hot heads that differ, each cell has its share', () => {
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

  it('show more of small weights with a lower end, and say so', () => {
    const spread = causal(20, () => 0);
    const tokens = spread.map((_, i) => String(i));
    const dark = (max?: number) => {
      const cells = readCells(panelsOf(attentionHead({ tokens, weights: spread, max }).toSVG())[0]);
      return luminance(cells[19][0]!);
    };
    expect(dark(0.1)).toBeLessThan(dark(1) - 0.3);
    expect(texts(attentionHead({ tokens, weights: spread, max: 0.1 }).toSVG())).toContain('≥ 0.1');
    // All but the first query's weights are at most a half.
    expect(texts(attentionHead({ tokens, weights: spread }).toSVG())).toContain('≥ 0.5');
  });
});

describe('heatMap', () => {
  it('writes values into cells, in two-sided colours when signs differ', () => {
    const figure = heatMap({
      values: [
        [0.1, 0.95],
        [0.5, NaN],
      ],
      rows: ['layer 0', 'layer 1'],
      columns: ['head 0', 'head 1'],
      valueName: 'share on the previous token',
    });
    expect(texts(figure.toSVG())).toEqual(
      expect.arrayContaining(['0.10', '0.95', '0.50', 'layer 1', 'head 0', '1']),
    );
    expect(inked(decodePng(figure.toPNG({ scale: 1 })))).toBeGreaterThan(0.05);
    const signed = heatMap({ values: [[-0.5, 0, 0.5]], rows: ['a'], columns: ['x', 'y', 'z'] }).toSVG();
    const [[low, nought, high]] = readCells(panelsOf(signed)[0]);
    const channel = (hex: string, at: number) => parseInt(hex.slice(at, at + 2), 16);
    expect(channel(low!, 5)).toBeGreaterThan(channel(low!, 1) + 40);
    expect(channel(high!, 1)).toBeGreaterThan(channel(high!, 5) + 40);
    expect(luminance(nought!)).toBeGreaterThan(0.85);
  });

  it('says what it cannot draw', () => {
    expect(() => heatMap({ values: [], rows: [], columns: [] })).toThrow('rows is empty');
    expect(() => heatMap({ values: [[NaN]], rows: ['a'], columns: ['b'] })).toThrow('all are NaN');
    expect(() => heatMap({ values: [[1]], rows: ['a'], columns: ['b', 'c'] })).toThrow('values[0] has 1');
    expect(() => heatMap({ values: [[1]], rows: ['a'], columns: ['b'], max: NaN })).toThrow('max NaN');
  });
});

describe('GRU', () => {
  it('draws the six bars of a step, up from nought or down', () => {
    const svg = gruStep({ x: -1.5, h: 0.75, r: 0.998, z: 0.998, n: -0.984, hNew: 0.696 }).toSVG();
    const bars = all(parseXml(svg), 'path').filter(({ attributes: { d } }) =>
      /l0 -?[\d.]+l-?[\d.]+ 0Z$/.test(d),
    );
    const heights = bars.map(({ attributes: { d } }) => Number(/l0 (-?[\d.]+)l/.exec(d)![1]));
    expect(bars).toHaveLength(6);
    expect(new Set(bars.map(({ attributes }) => attributes.fill)).size).toBe(6);
    expect(heights.map(Math.sign)).toEqual([1, -1, -1, -1, 1, -1]);
    expect(heights[0] / heights[1]).toBeCloseTo(-2, 1);
    expect(texts(svg)).toEqual(expect.arrayContaining(['−1.500', '0.696', 'z: update gate', '−2', '2']));
    expect(() => gruStep({ x: NaN, h: 0, r: 0, z: 0, n: 0, hNew: 0 })).toThrow('x is NaN');
  });

  it('draws each gate over a text: characters across, units down', () => {
    const characters = [...'a cat\n'];
    const values = characters.map((_, t) =>
      Float32Array.from({ length: 3 }, (_, unit) => (t * 3 + unit) / 18),
    );
    const signed = values.map((row) => row.map((value) => 2 * value - 1));
    const svg = gruGates({
      characters,
      gates: [
        { name: 'update gate z', values },
        { name: 'new content n', values: signed },
      ],
    }).toSVG();
    const panels = panelsOf(svg).map(readCells);
    expect(panels).toHaveLength(2);
    expect(panels[0]).toHaveLength(3);
    expect(panels[0][0]).toHaveLength(6);
    // Values rise along the text and from unit to unit.
    expect(luminance(panels[0][0][5]!)).toBeLessThan(luminance(panels[0][0][0]!));
    expect(luminance(panels[0][2][0]!)).toBeLessThan(luminance(panels[0][0][0]!));
    expect(texts(svg)).toEqual(
      expect.arrayContaining(['update gate z', 'new content n', '␣', '↵', '3 units', '−1']),
    );
    expect(() => gruGates({ characters, gates: [] })).toThrow('gates is empty');
    expect(() => gruGates({ characters: ['a'], gates: [{ name: 'r', values }] })).toThrow(
      'gates[0].values has 6',
    );
    expect(() => gruGates({ characters: [], gates: [{ name: 'r', values: [] }] })).toThrow(
      'characters is empty',
    );
  });
});
