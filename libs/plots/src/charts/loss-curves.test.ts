import { describe, expect, it } from 'vitest';
import { all, decodePng, inked, parseXml, texts } from '../testing/drawing.js';
import { lossCurves } from './loss-curves.js';

const steps = (count: number, every = 1) => Array.from({ length: count }, (_, i) => (i + 1) * every);

/** Lines of a color as lists of unbroken pieces of [x, y]. */
function lines(svg: string, color: string): [number, number][][][] {
  return all(parseXml(svg), 'path')
    .filter(({ attributes }) => attributes.stroke === color && attributes['stroke-linejoin'])
    .map(({ attributes: { d } }) =>
      d
        .split('M')
        .slice(1)
        .map((piece) =>
          piece.split('L').map((point) => point.trim().split(/[ ,]/).map(Number) as [number, number]),
        ),
    );
}

const BLUE = '#0072b2';
const ORANGE = '#d55e00';

describe('lossCurves', () => {
  it('draws each run in data coordinates', () => {
    const svg = lossCurves({
      runs: [
        { name: 'RNN', validation: { x: [0, 100, 200], y: [4, 3, 2] } },
        { name: 'GRU', validation: { x: [0, 100, 200], y: [4, 2, 1] } },
      ],
    }).toSVG();
    const [[[[x0, y0], [x1, y1], [x2, y2]]]] = [lines(svg, BLUE)[0]];
    expect(x1 - x0).toBeCloseTo(x2 - x1, 0);
    expect(y1 - y0).toBeCloseTo(y2 - y1, 0);
    expect(lines(svg, ORANGE)).toHaveLength(1);
    expect(texts(svg)).toEqual(expect.arrayContaining(['RNN', 'GRU', 'step', 'loss']));
  });

  it('maps equal ratios to equal distances on logarithmic axes', () => {
    const svg = lossCurves({
      runs: [{ name: 'a', validation: { x: [10, 100, 1000], y: [30, 60, 15] } }],
      logX: true,
      logY: true,
      yName: 'perplexity',
    }).toSVG();
    const [[[a, b, c]]] = lines(svg, BLUE);
    expect(b[0] - a[0]).toBeCloseTo(c[0] - b[0], 0);
    expect(c[1] - b[1]).toBeCloseTo(2 * (a[1] - b[1]), 0);
    expect(texts(svg)).toEqual(expect.arrayContaining(['20', '30', '50', '100', 'perplexity']));
  });

  it('leaves gaps for values that are not finite, and draws isolated points as dots', () => {
    const y = [3, 2.5, NaN, 2, Infinity, 1.8, 1.7];
    const svg = lossCurves({ runs: [{ name: 'a', validation: { x: steps(7), y } }] }).toSVG();
    const [pieces] = lines(svg, BLUE);
    expect(pieces.filter((piece) => piece.length > 1).map((piece) => piece.length)).toEqual([2, 2]);
    const long = steps(101).map((i) => (i % 2 ? i : NaN));
    const dotted = lossCurves({ runs: [{ name: 'a', validation: { x: steps(101), y: long } }] }).toSVG();
    const dots = all(parseXml(dotted), 'path').filter(({ attributes }) =>
      attributes.transform?.startsWith('matrix(2'),
    );
    expect(dots).toHaveLength(51);
  });

  it('distinguishes train and validation of one and of several runs', () => {
    const curve = { x: [1, 2], y: [3, 2] };
    const one = lossCurves({ runs: [{ name: 'GPT', train: curve, validation: curve }] }).toSVG();
    expect(texts(one)).toEqual(expect.arrayContaining(['GPT: train', 'GPT: validation']));
    expect([lines(one, BLUE), lines(one, ORANGE)].map((each) => each.length)).toEqual([1, 1]);
    const two = lossCurves({
      runs: ['a', 'b'].map((name) => ({ name, train: curve, validation: curve })),
    }).toSVG();
    expect(lines(two, BLUE)).toHaveLength(2);
    expect(texts(two)).toEqual(expect.arrayContaining(['a', 'b', 'validation', 'train']));
  });

  it('keeps the extremes of a long run in a short file, and draws its running mean', () => {
    const y = Float32Array.from(steps(50_000), (i) => 2 + Math.sin(i) * 0.3);
    y[25_000] = 9;
    const run = { name: 'long', train: { x: steps(50_000), y } };
    const figure = lossCurves({ runs: [run], smooth: 500 });
    const svg = figure.toSVG();
    expect(svg.length).toBeLessThan(200_000);
    const [raw, mean] = lines(svg, BLUE);
    const highest = (pieces: [number, number][][]) => Math.min(...pieces.flat().map(([, y]) => y));
    const lowest = (pieces: [number, number][][]) => Math.max(...pieces.flat().map(([, y]) => y));
    const height = lowest(raw) - highest(raw);
    // The curve spans 7.3; the mean of 500 points around the peak of 9 is 2.014, and the sines average out.
    expect((lowest(mean) - highest(mean)) / height).toBeLessThan(0.02);
    expect((lowest(mean) - highest(mean)) / height).toBeGreaterThan(0.001);
    expect(inked(decodePng(figure.toPNG({ scale: 1 })))).toBeGreaterThan(0.02);
  });

  it('draws more than 8 runs in panels on equal axes, without a legend entry for each', () => {
    const runs = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        name: `run ${i}`,
        validation: { x: [0, 10], y: [4, i / 10] },
        ...(i === 3 && { train: { x: [0, 10], y: [5, 1] } }),
      }));
    const legendLines = (svg: string) =>
      all(parseXml(svg), 'path').filter(({ attributes }) => attributes['stroke-width'] === '2.5').length;
    expect(legendLines(lossCurves({ runs: runs(8).slice(4) }).toSVG())).toBe(4);
    const svg = lossCurves({ runs: runs(15) }).toSVG();
    expect(legendLines(svg)).toBe(2); // train and validation
    expect(texts(svg)).toEqual(expect.arrayContaining(['run 0', 'run 14', 'train', 'validation']));
    const curves = lines(svg, ORANGE);
    expect(curves).toHaveLength(15);
    expect(lines(svg, BLUE)).toHaveLength(1);
    // Equal axes: 4 is as high above the end of a curve as 4 - i / 10 on the scale of all.
    const fall = curves.map(([[[, from], [, to]]]) => to - from);
    expect(fall[14] / fall[0]).toBeCloseTo((4 - 1.4) / 4, 1);
  });

  it('has ticks at the points where they are few', () => {
    const y = [4, 3, 2];
    const svg = lossCurves({ runs: [{ name: 'a', validation: { x: [700, 1400, 2100], y } }] }).toSVG();
    expect(texts(svg)).toEqual(expect.arrayContaining(['700', '1,400', '2,100']));
    expect(texts(svg)).not.toContain('1,000');
    const close = lossCurves({ runs: [{ name: 'a', validation: { x: [700, 701, 2100], y } }] }).toSVG();
    expect(texts(close)).not.toContain('701');
  });

  it('states the running mean', () => {
    const train = { x: steps(9), y: steps(9) };
    expect(texts(lossCurves({ runs: [{ name: 'a', train }], smooth: 3 }).toSVG())).toContain(
      'Bold: running mean over 3 points of the faint curve.',
    );
  });

  it('rejects invalid input', () => {
    const draw = (x: number[], y: number[], options = {}) =>
      lossCurves({ runs: [{ name: 'a', validation: { x, y } }], ...options });
    expect(() => lossCurves({ runs: [] })).toThrow('runs: empty. Expected at least one run.');
    expect(() => lossCurves({ runs: [{ name: 'a' }] })).toThrow('runs[0] (a): no curve');
    expect(() => draw([], [])).toThrow('runs[0].validation.x: empty');
    expect(() => draw([1, 2], [1])).toThrow(
      'runs[0].validation.y: length 1. Expected 2, the same as runs[0].validation.x',
    );
    expect(() => draw([1], [NaN])).toThrow('runs[0].validation.y: no finite value');
    expect(() => draw([2, 1], [1, 1])).toThrow('Expected ascending x');
    expect(() => draw([NaN], [1])).toThrow('x[0]: NaN');
    expect(() => draw([1], [0], { logY: true })).toThrow('y[0]: 0 on a logarithmic axis');
    expect(() => draw([0], [1], { logX: true })).toThrow('x[0]: 0 on a logarithmic axis');
    expect(() => draw([1], [1], { smooth: 1 })).toThrow('smooth: 1. Expected a whole number');
    expect(() => draw([1], [1], { width: 10 })).toThrow('width 10: out of range. Expected 240 to');
    expect(() => draw([1], [1])).not.toThrow();
  });

  it('draws the mean of each curve as a horizontal line', () => {
    const svg = lossCurves({
      runs: [{ name: 'GPT', validation: { x: [1, 2, 3, 4], y: [4, 3, 2, 1] } }],
      xName: 'position in the context',
      showMean: true,
    }).toSVG();
    const [[points]] = lines(svg, BLUE);
    expect(points).toHaveLength(4);
    const mean = all(parseXml(svg), 'path').find(
      ({ attributes }) => attributes['stroke-dasharray'] === '5,5',
    )!;
    const [, from, to] = /M\S+ (\S+)L\S+ (\S+)/.exec(mean.attributes.d)!.map(Number);
    expect(from).toBe(to);
    expect(from).toBeCloseTo((points[1][1] + points[2][1]) / 2, 0);
  });
});
