import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { all, decodePng, inked, parseXml, texts } from '../testing/drawing.js';
import { barChart } from './bar-chart.js';

const EIGHT = [
  'Bigram',
  'Linear',
  'Attention',
  'Feed-forward',
  'Residual',
  'Multi-head',
  'Transformer',
  'Experts',
];
const PERPLEXITY = [35.8, 25, 17.7, 13.4, 10.9, 8.7, 8.3, 8.1];

/** Position and size of each bar of a color, from the corners of its path. */
function boxes(svg: string, color: string) {
  return all(parseXml(svg), 'path')
    .filter(({ attributes }) => attributes.fill === color)
    .map(({ attributes: { d } }) => {
      const [, x, y, dx, dy] = /^M([\d.]+) ([\d.]+)l([-\d.]+) 0l0 ([-\d.]+)/.exec(d)!.map(Number);
      return { x, y, dx, dy };
    });
}

describe('barChart', () => {
  it('draws bars proportional to their values, with labels and values', () => {
    const svg = barChart({
      labels: EIGHT,
      series: [{ values: PERPLEXITY }],
      valueName: 'perplexity',
    }).toSVG();
    const drawn = boxes(svg, '#0072b2');
    expect(drawn).toHaveLength(8);
    for (const [i, { dx }] of drawn.entries()) {
      expect(dx / drawn[0].dx).toBeCloseTo(PERPLEXITY[i] / PERPLEXITY[0], 2);
    }
    const written = texts(svg);
    for (const name of EIGHT) expect(written).toContain(name);
    for (const value of ['35.8', '25.0', '17.7', '8.1']) expect(written).toContain(value);
    expect(written).toEqual(expect.arrayContaining(['Perplexity', 'perplexity']));
  });

  it('draws groups of bars in both orientations', () => {
    const series = [
      { name: 'train', values: [1.5, 2] },
      { name: 'validation', values: [1.75, 2.5] },
    ];
    for (const orientation of ['horizontal', 'vertical'] as const) {
      const svg = barChart({ labels: ['a', 'b'], series, orientation }).toSVG();
      const [train, validation] = [boxes(svg, '#0072b2'), boxes(svg, '#d55e00')];
      expect(train).toHaveLength(2);
      expect(validation).toHaveLength(2);
      const size = ({ dx, dy }: { dx: number; dy: number }) =>
        Math.abs(orientation === 'horizontal' ? dx : dy);
      expect(size(validation[1]) / size(train[0])).toBeCloseTo(2.5 / 1.5, 1);
      expect(texts(svg)).toEqual(expect.arrayContaining(['train', 'validation', '1.75', '2.50']));
    }
  });

  it('writes missing and infinite values, and rejects invalid input', () => {
    const svg = barChart({ labels: ['a', 'b', 'c'], series: [{ values: [1, NaN, Infinity] }] }).toSVG();
    expect(texts(svg)).toEqual(expect.arrayContaining(['missing', '∞']));
    expect(boxes(svg, '#0072b2')).toHaveLength(1);
    expect(() => barChart({ labels: ['a'], series: [{ values: [NaN] }] })).toThrow('series: no finite value');
    expect(() => barChart({ labels: [], series: [{ values: [] }] })).toThrow('labels: empty');
    expect(() => barChart({ labels: ['a'], series: [] })).toThrow('series: empty');
    expect(() => barChart({ labels: ['a', 'b'], series: [{ values: [1] }] })).toThrow(
      'series[0].values: length 1. Expected 2, the same as labels',
    );
  });

  it('writes shares as percentages with no tick above 100 %', () => {
    const svg = barChart({
      labels: ['␣the', 'a', 'b'],
      series: [{ values: [1, 0.5, 0.0001] }],
      percent: true,
    });
    const [the, a] = boxes(svg.toSVG(), '#0072b2');
    expect(the.dx / a.dx).toBeCloseTo(2, 1);
    expect(texts(svg.toSVG())).toEqual(expect.arrayContaining(['100.0 %', '50.0 %', '0.01 %', '100 %']));
    expect(texts(svg.toSVG())).not.toContain('120 %');
    for (const value of [1.5, NaN]) {
      expect(() => barChart({ labels: ['a'], series: [{ values: [value] }], percent: true })).toThrow(
        `series[0].values[0]: ${value}. Expected a share`,
      );
    }
  });

  it('draws one panel per series on equal axes', () => {
    const series = [
      { name: 'model', values: [0.4, 0.2, 0.1] },
      { name: 'top-k 2', values: [0.8, 0.2, 0] },
    ];
    const labels = ['the', 'a', 'his'];
    const svg = barChart({ labels, series, panels: true, percent: true }).toSVG();
    expect(texts(svg)).toEqual(expect.arrayContaining(['model', 'top-k 2', '80.0 %', 'his']));
    const drawn = boxes(svg, '#0072b2');
    expect(drawn[3].dx / drawn[0].dx).toBeCloseTo(2, 1);
    expect(drawn[4].dx / drawn[1].dx).toBeCloseTo(1, 1);
    expect(drawn[3].x).toBeGreaterThan(drawn[0].x + drawn[0].dx);
    expect(() => barChart({ labels, series, panels: true, orientation: 'vertical' })).toThrow('panels:');
  });

  it('extends the value axis to a given range, with negative bars', () => {
    const svg = barChart({
      labels: ['x', 'h'],
      series: [{ values: [-1.5, 0.75] }],
      orientation: 'vertical',
      range: [-2, 2],
    }).toSVG();
    const [x, h] = boxes(svg, '#0072b2').map(({ dy }) => dy);
    expect(x / h).toBeCloseTo(-2, 1);
    expect(texts(svg)).toEqual(expect.arrayContaining(['−2', '2', '−1.50', '0.75']));
  });

  it('rotates and thins many labels, and keeps equal labels separate', () => {
    const labels = Array.from({ length: 200 }, (_, i) => `token${i % 100}`);
    const values = labels.map((_, i) => 1000 - i);
    const svg = barChart({ labels, series: [{ values }], orientation: 'vertical' }).toSVG();
    const shown = all(parseXml(svg), 'text').filter(({ text }) => text.startsWith('token'));
    expect(shown.length).toBeLessThan(60);
    expect(shown.length).toBeGreaterThan(20);
    for (const { attributes } of shown) expect(attributes.transform).toMatch(/matrix\(0,|rotate/);
    expect(boxes(svg, '#0072b2')).toHaveLength(200);
  });

  it('is deterministic, and well-formed for any names', () => {
    const draw = () => barChart({ labels: EIGHT, series: [{ name: 'a', values: PERPLEXITY }] });
    expect(draw().toSVG()).toBe(draw().toSVG());
    expect(Buffer.from(draw().toPNG()).equals(draw().toPNG())).toBe(true);
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.string({ maxLength: 60 }),
        (name, title) => {
          const svg = barChart({
            labels: [name, 'b'],
            series: [{ name, values: [1, -2] }],
            title,
            valueName: name,
          }).toSVG();
          expect(parseXml(svg).name).toBe('svg');
        },
      ),
      { numRuns: 60 },
    );
    const hostile = '</text><script>alert(1)</script><text class="zr0-cls-0" id="zr1-">{value}{b}';
    const svg = barChart({ labels: [hostile], series: [{ values: [1] }], width: 2000 }).toSVG();
    expect(all(parseXml(svg), 'script')).toHaveLength(0);
    expect(texts(svg)).toContain(hostile);
  });

  it('renders a PNG of the requested size with text in bundled fonts', () => {
    const figure = barChart({ labels: EIGHT, series: [{ values: PERPLEXITY }], title: 'Perplexity' });
    const image = decodePng(figure.toPNG({ scale: 1.5 }));
    expect([image.width, image.height]).toEqual([1200, Math.ceil(figure.height * 1.5)]);
    expect(inked(image)).toBeGreaterThan(0.1);
    // Dark pixels at the title: letters, not an empty line.
    let dark = 0;
    for (let y = 0; y < 40; y++) {
      for (let x = 0; x < 300; x++) if (image.data[4 * (y * image.width + x)] < 100) dark++;
    }
    expect(dark).toBeGreaterThan(300);
    expect(decodePng(figure.toPNG({ width: 400 })).width).toBe(400);
    expect(decodePng(figure.toPNG()).width).toBe(1600);
    for (const size of [{ scale: 0 }, { scale: NaN }, { width: -1 }, { scale: 100 }]) {
      expect(() => figure.toPNG(size)).toThrow('Expected a size above 0');
    }
    expect(() => figure.toPNG({ scale: 1, width: 2 })).toThrow('both given');
  });
});
