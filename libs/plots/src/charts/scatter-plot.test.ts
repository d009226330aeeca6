import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textWidth } from '../drawing/text.js';
import { all, parseXml } from '../testing/drawing.js';
import { scatterPlot, type ScatterPoint } from './scatter-plot.js';

/** Eleven runs, six of them with the same number of parameters. */
const ELEVEN: ScatterPoint[] = [
  ['Baseline (small)', 209_729, 1.72],
  ['n_head=1', 209_729, 1.75],
  ['n_head=8', 209_729, 1.71],
  ['n_layer=1', 59_873, 1.93],
  ['n_layer=8', 409_537, 1.66],
  ['n_embed=32', 55_553, 1.86],
  ['n_embed=128', 814_593, 1.62],
  ['dropout=0.0', 209_729, 1.7],
  ['dropout=0.3', 209_729, 1.8],
  ['block_size=32', 203_585, 1.77],
  ['block_size=256', 217_921, 1.73],
].map(([name, x, y]) => ({ name, x, y }) as ScatterPoint);

/** Boxes of the point labels. */
function labels(svg: string, names: readonly string[]) {
  return all(parseXml(svg), 'text')
    .filter(({ text }) => names.includes(text))
    .map(({ text, attributes: { x, y } }) => {
      const [left, bottom] = [Number(x), Number(y) + 2];
      return { text, left, right: left + textWidth(text, 12), top: bottom - 11, bottom };
    });
}

function overlapping(boxes: ReturnType<typeof labels>): string[] {
  return boxes.flatMap((a, i) =>
    boxes
      .slice(i + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `${a.text} and ${b.text}`),
  );
}

const dots = (svg: string, color: string) =>
  all(parseXml(svg), 'path')
    .filter(({ attributes }) => attributes.fill === color && attributes.transform?.startsWith('matrix(5'))
    .map(({ attributes }) =>
      attributes.transform
        .match(/[\d.]+/g)!
        .map(Number)
        .slice(-2),
    );

const AXES = { xName: 'parameters', yName: 'loss', logX: true };

describe('scatterPlot', () => {
  it('labels points without covering labels or points', () => {
    const svg = scatterPlot({ ...AXES, points: ELEVEN }).toSVG();
    const names = ELEVEN.map(({ name }) => name);
    const boxes = labels(svg, names);
    expect(boxes.map(({ text }) => text).sort()).toEqual([...names].sort());
    expect(overlapping(boxes)).toEqual([]);
    const points = dots(svg, '#0072b2');
    expect(points).toHaveLength(11);
    for (const [x, y] of points) {
      for (const { left, right, top, bottom, text } of boxes) {
        expect(x > left && x < right && y > top && y < bottom, text).toBe(false);
      }
    }
  });

  it('places points on a logarithmic axis', () => {
    const points = [1e4, 1e5, 1e6].map((x, i) => ({ name: `p${i}`, x, y: i }));
    const [a, b, c] = dots(scatterPlot({ ...AXES, points }).toSVG(), '#0072b2');
    expect(b[0] - a[0]).toBeCloseTo(c[0] - b[0], 0);
    expect(a[1] - b[1]).toBeCloseTo(b[1] - c[1], 0);
  });

  it('keeps the labels of any dozen points apart and inside', () => {
    const point = fc.record({
      x: fc.integer({ min: 1000, max: 1e7 }),
      y: fc.integer({ min: 100, max: 300 }),
    });
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 12 }), (list) => {
        const points = list.map(({ x, y }, i) => ({ name: `experiment ${i}`, x, y: y / 100 }));
        const svg = scatterPlot({ ...AXES, points }).toSVG();
        const boxes = labels(
          svg,
          points.map(({ name }) => name),
        );
        expect(boxes).toHaveLength(points.length);
        expect(overlapping(boxes)).toEqual([]);
        for (const { left, right } of boxes) {
          expect(left).toBeGreaterThan(0);
          expect(right).toBeLessThan(800);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('connects the points of a group in order of x', () => {
    const [left, middle, right] = [1, 2, 3].map((x) => ({ name: '', x, y: (x - 2) ** 2, group: 'one' }));
    const lines = (connect: boolean) =>
      all(parseXml(scatterPlot({ ...AXES, points: [right, left, middle], connect }).toSVG()), 'path').filter(
        ({ attributes }) => attributes.stroke === '#0072b2' && attributes.fill === 'none',
      );
    expect(lines(false)).toEqual([]);
    const [{ attributes }] = lines(true);
    const xs = [...attributes.d.matchAll(/[ML]([\d.]+)/g)].map(([, x]) => Number(x));
    expect(xs).toHaveLength(3);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
  });

  it('has a legend for groups, and rejects invalid input', () => {
    const svg = scatterPlot({
      ...AXES,
      points: [
        { name: 'a', x: 1, y: 1, group: 'recurrent' },
        { name: 'b', x: 2, y: 2, group: 'attention' },
      ],
    }).toSVG();
    expect(dots(svg, '#0072b2')).toHaveLength(1);
    expect(all(parseXml(svg), 'text').map(({ text }) => text)).toEqual(
      expect.arrayContaining(['recurrent', 'attention']),
    );
    expect(() => scatterPlot({ ...AXES, points: [] })).toThrow('points: empty');
    expect(() => scatterPlot({ ...AXES, points: [{ name: 'a', x: 0, y: 1 }] })).toThrow(
      'points[0].x (a): 0 on a logarithmic axis',
    );
    expect(() => scatterPlot({ ...AXES, points: [{ name: 'a', x: 1, y: NaN }] })).toThrow(
      'points[0].y (a): NaN',
    );
  });
});
