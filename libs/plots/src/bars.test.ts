import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bars } from './bars.js';
import { all, decodePng, inked, parseXml, texts } from './testing/drawing.js';

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

/** Length and place of each bar of a colour, from the corners of its path. */
function boxes(svg: string, color: string) {
  return all(parseXml(svg), 'path')
    .filter(({ attributes }) => attributes.fill === color)
    .map(({ attributes: { d } }) => {
      const [, x, y, dx, dy] = /^M([\d.]+) ([\d.]+)l([-\d.]+) 0l0 ([-\d.]+)/.exec(d)!.map(Number);
      return { x, y, dx, dy };
    });
}

describe('bars', () => {
  it('draws bars whose lengths are as their values, with names and numbers', () => {
    const svg = bars({ labels: EIGHT, series: [{ values: PERPLEXITY }], valueName: 'perplexity' }).toSVG();
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

  it('draws groups side by side, and standing', () => {
    const series = [
      { name: 'train', values: [1.5, 2] },
      { name: 'validation', values: [1.75, 2.5] },
    ];
    for (const direction of ['lying', 'standing'] as const) {
      const svg = bars({ labels: ['a', 'b'], series, direction }).toSVG();
      const [train, validation] = [boxes(svg, '#0072b2'), boxes(svg, '#d55e00')];
      expect(train).toHaveLength(2);
      expect(validation).toHaveLength(2);
      const size = ({ dx, dy }: { dx: number; dy: number }) => Math.abs(direction === 'lying' ? dx : dy);
      expect(size(validation[1]) / size(train[0])).toBeCloseTo(2.5 / 1.5, 1);
      expect(texts(svg)).toEqual(expect.arrayContaining(['train', 'validation', '1.75', '2.50']));
    }
  });

  it('says what is missing or without end, and refuses when nothing is left', () => {
    const svg = bars({ labels: ['a', 'b', 'c'], series: [{ values: [1, NaN, Infinity] }] }).toSVG();
    expect(texts(svg)).toEqual(expect.arrayContaining(['missing', '∞']));
    expect(boxes(svg, '#0072b2')).toHaveLength(1);
    expect(() => bars({ labels: ['a'], series: [{ values: [NaN] }] })).toThrow('no value is finite');
    expect(() => bars({ labels: [], series: [{ values: [] }] })).toThrow('labels is empty');
    expect(() => bars({ labels: ['a'], series: [] })).toThrow('series is empty');
    expect(() => bars({ labels: ['a', 'b'], series: [{ values: [1] }] })).toThrow(
      'series[0].values has 1, labels 2',
    );
  });

  it('is the same bytes again, and well-formed whatever the names', () => {
    const draw = () => bars({ labels: EIGHT, series: [{ name: 'a', values: PERPLEXITY }] });
    expect(draw().toSVG()).toBe(draw().toSVG());
    expect(Buffer.from(draw().toPNG()).equals(draw().toPNG())).toBe(true);
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.string({ maxLength: 60 }),
        (name, title) => {
          const svg = bars({
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
    const svg = bars({ labels: [hostile], series: [{ values: [1] }], width: 2000 }).toSVG();
    expect(all(parseXml(svg), 'script')).toHaveLength(0);
    expect(texts(svg)).toContain(hostile);
  });

  it('makes a PNG of the size asked for, with text although no font of the machine is read', () => {
    const figure = bars({ labels: EIGHT, series: [{ values: PERPLEXITY }], title: 'Perplexity' });
    const image = decodePng(figure.toPNG({ scale: 1.5 }));
    expect([image.width, image.height]).toEqual([1200, Math.ceil(figure.height * 1.5)]);
    expect(inked(image)).toBeGreaterThan(0.1);
    // Where the title stands there are dark pixels: letters, not an empty line.
    let dark = 0;
    for (let y = 0; y < 40; y++) {
      for (let x = 0; x < 300; x++) if (image.data[4 * (y * image.width + x)] < 100) dark++;
    }
    expect(dark).toBeGreaterThan(300);
    expect(decodePng(figure.toPNG({ width: 400 })).width).toBe(400);
    expect(decodePng(figure.toPNG()).width).toBe(1600);
    for (const size of [{ scale: 0 }, { scale: NaN }, { width: -1 }, { scale: 100 }]) {
      expect(() => figure.toPNG(size)).toThrow('expected a size above 0');
    }
    expect(() => figure.toPNG({ scale: 1, width: 2 })).toThrow('one of them');
  });
});
