import { describe, expect, it } from 'vitest';
import { costByContext, lossByPosition } from './by-context.js';
import { lossCurves } from './curves.js';
import { hyperparameterPanels } from './hyperparameters.js';
import { all, decodePng, inked, parseXml, texts } from './testing/drawing.js';

const steps = (count: number, every = 1) => Array.from({ length: count }, (_, i) => (i + 1) * every);

/** The thick lines of a colour, as lists of unbroken pieces of [x, y]. */
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
  it('draws each run, straight where the loss is', () => {
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

  it('has axes of logarithms on which equal ratios are equal distances', () => {
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

  it('leaves gaps for what is not finite, and a dot for a point between gaps', () => {
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

  it('tells train and validation apart, with one run and with several', () => {
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

  it('keeps the extremes of a long run in a short file, and draws a mean over it', () => {
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
    // 7.3 high in all; the mean of 500 points around 9 is 2.014 and leaves the sines out.
    expect((lowest(mean) - highest(mean)) / height).toBeLessThan(0.02);
    expect((lowest(mean) - highest(mean)) / height).toBeGreaterThan(0.001);
    expect(inked(decodePng(figure.toPNG({ scale: 1 })))).toBeGreaterThan(0.02);
  });

  it('says what it cannot draw', () => {
    const draw = (x: number[], y: number[], options = {}) =>
      lossCurves({ runs: [{ name: 'a', validation: { x, y } }], ...options });
    expect(() => lossCurves({ runs: [] })).toThrow('runs is empty: expected at least one run');
    expect(() => lossCurves({ runs: [{ name: 'a' }] })).toThrow('runs[0] (a) has no curve');
    expect(() => draw([], [])).toThrow('runs[0].validation.x is empty');
    expect(() => draw([1, 2], [1])).toThrow('runs[0].validation.y has 1, runs[0].validation.x 2');
    expect(() => draw([1], [NaN])).toThrow('no finite value');
    expect(() => draw([2, 1], [1, 1])).toThrow('expected x that rise');
    expect(() => draw([NaN], [1])).toThrow('x[0] is NaN');
    expect(() => draw([1], [0], { logY: true })).toThrow('y[0] is 0: an axis of logarithms');
    expect(() => draw([0], [1], { logX: true })).toThrow('x[0] is 0: an axis of logarithms');
    expect(() => draw([1], [1], { smooth: 1 })).toThrow('smooth 1: expected a whole number');
    expect(() => draw([1], [1], { width: 10 })).toThrow('width 10: expected a number of units from 240');
    expect(() => draw([1], [1])).not.toThrow();
  });
});

describe('hyperparameterPanels', () => {
  it('has a row for each, train beside validation on the same axes, and one colour for a run of all rows', () => {
    const run = (name: string, loss: number, value?: string) => ({
      name,
      value,
      train: { x: [500, 1000], y: [loss + 1, loss] },
      validation: { x: [500, 1000], y: [loss + 1, loss] },
    });
    const svg = hyperparameterPanels({
      groups: [
        { name: 'number of heads', runs: [run('n_head=1', 2), run('baseline', 1.5, '4')] },
        { name: 'number of layers', runs: [run('baseline', 1.5, '2'), run('n_layer=8', 1.2)] },
      ],
    }).toSVG();
    const written = texts(svg);
    for (const kind of ['train', 'validation']) {
      expect(written.filter((text) => text === kind)).toHaveLength(2);
    }
    expect(written).toEqual(
      expect.arrayContaining([
        ...['number of heads', 'n_head=1', 'baseline (4)'],
        ...['number of layers', 'baseline (2)', 'n_layer=8'],
      ]),
    );
    const baseline = lines(svg, BLUE);
    expect(baseline).toHaveLength(4);
    // The same losses stand at the same height in both panels of a row.
    expect(baseline[0][0].map(([, y]) => y)).toEqual(baseline[1][0].map(([, y]) => y));
    expect(() => hyperparameterPanels({ groups: [] })).toThrow('groups is empty');
  });
});

describe('by context', () => {
  it('draws loss from position 1 on, and each mean as a level line', () => {
    const svg = lossByPosition({ runs: [{ name: 'GPT', losses: [4, 3, 2, 1] }] }).toSVG();
    const [[points]] = lines(svg, BLUE);
    expect(points).toHaveLength(4);
    const level = all(parseXml(svg), 'path').find(
      ({ attributes }) => attributes['stroke-dasharray'] === '5,5',
    )!;
    const [, from, to] = /M\S+ (\S+)L\S+ (\S+)/.exec(level.attributes.d)!.map(Number);
    expect(from).toBe(to);
    expect(from).toBeCloseTo((points[1][1] + points[2][1]) / 2, 0);
    expect(() => lossByPosition({ runs: [] })).toThrow('runs is empty');
  });

  it('draws time beside memory, ticks at the lengths measured; cost in proportion is parallel to the dotted line', () => {
    const x = [64, 128, 256];
    const svg = costByContext({
      runs: [{ name: 'fused', time: { x, y: [1, 2, 4] }, memory: { x, y: [10, 40, 160] } }],
    }).toSVG();
    for (const length of x) expect(texts(svg).filter((text) => text === String(length))).toHaveLength(2);
    const dotted = all(parseXml(svg), 'path').filter(
      ({ attributes }) => attributes['stroke-dasharray'] === '2,4',
    );
    const slopes = dotted.slice(-2).map(({ attributes: { d } }) => {
      const [, x1, y1, x2, y2] = /M(\S+) (\S+)L(\S+) (\S+)/.exec(d)!.map(Number);
      return (y1 - y2) / (x2 - x1);
    });
    const steep = lines(svg, BLUE).map(
      ([points]) => (points[0][1] - points[2][1]) / (points[2][0] - points[0][0]),
    );
    expect(steep[0] / slopes[0]).toBeCloseTo(1, 1);
    expect(steep[1] / slopes[1]).toBeCloseTo(2, 1);
    expect(() => costByContext({ runs: [{ name: 'a' }] })).toThrow('runs[0] (a) has no curve');
    expect(() => costByContext({ runs: [{ name: 'a', time: { x: [1], y: [0] } }] })).toThrow(
      'runs[0].time.y[0] is 0',
    );
  });
});
