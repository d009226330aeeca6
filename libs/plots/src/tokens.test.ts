import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { all, parseXml, texts } from './testing/drawing.js';
import { nextTokens, samplingFilters, tokenFrequencies } from './tokens.js';

const BLUE = '#0072b2';
const ORANGE = '#d55e00';

const barsOf = (svg: string, color: string) =>
  all(parseXml(svg), 'path').filter(({ attributes: { d, fill } }) => fill === color && /^M[\d. ]+l/.test(d));
const lengthOf = ({ attributes: { d } }: { attributes: Readonly<Record<string, string>> }) =>
  Number(/^M[\d.]+ [\d.]+l([\d.]+)/.exec(d)![1]);

describe('tokenFrequencies', () => {
  it('draws a bar a token, whitespace visible, the same token twice as two', () => {
    const tokens = [' the', '\n', 'a', 'a'];
    const svg = tokenFrequencies({ tokens, counts: [12_000, 6000, 3000, 1500] }).toSVG();
    expect(barsOf(svg, BLUE)).toHaveLength(4);
    expect(texts(svg)).toEqual(expect.arrayContaining(['␣the', '↵', '12k', '1.5k', 'occurrences']));
    expect(texts(svg).filter((text) => text === 'a')).toHaveLength(2);
    expect(() => tokenFrequencies({ tokens: [], counts: [] })).toThrow('tokens is empty');
    expect(() => tokenFrequencies({ tokens: ['a'], counts: [0.5] })).toThrow('counts[0] is 0.5');
  });

  it('turns and thins the names of many', () => {
    const tokens = Array.from({ length: 200 }, (_, i) => ` token${i}`);
    const svg = tokenFrequencies({ tokens, counts: tokens.map((_, i) => 1000 - i) }).toSVG();
    const labels = all(parseXml(svg), 'text').filter(({ text }) => text.startsWith('␣token'));
    expect(labels.length).toBeLessThan(60);
    expect(labels.length).toBeGreaterThan(20);
    for (const { attributes } of labels) expect(attributes.transform).toMatch(/matrix\(0,|rotate/);
    expect(barsOf(svg, BLUE)).toHaveLength(200);
  });
});

describe('nextTokens', () => {
  it('draws bars as long as probabilities, the actual token set off', () => {
    const svg = nextTokens({
      tokens: [' the', ' a', '\n'],
      probabilities: [0.5, 0.25, 0.0001],
      actual: ' a',
    }).toSVG();
    const [[the], [a]] = [barsOf(svg, BLUE), barsOf(svg, ORANGE)];
    expect(lengthOf(the) / lengthOf(a)).toBeCloseTo(2, 1);
    expect(barsOf(svg, BLUE)).toHaveLength(2);
    expect(texts(svg)).toEqual(expect.arrayContaining(['50.0 %', '25.0 %', '0.01 %', 'actual: ␣a']));
    const absent = nextTokens({ tokens: ['a'], probabilities: [1], actual: 'b' }).toSVG();
    expect(texts(absent)).toContain('actual: b (not among these)');
    expect(texts(absent)).not.toContain('120 %');
    expect(() => nextTokens({ tokens: ['a'], probabilities: [1.5] })).toThrow('probabilities[0] is 1.5');
    expect(() => nextTokens({ tokens: ['a'], probabilities: [NaN] })).toThrow('probabilities[0] is NaN');
  });

  it('shows any token as text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (token) => {
        const svg = nextTokens({ tokens: [token], probabilities: [1], actual: token }).toSVG();
        expect(parseXml(svg).name).toBe('svg');
      }),
      { numRuns: 40 },
    );
  });
});

describe('samplingFilters', () => {
  it('draws every stage on the same axis, and says which tokens are out', () => {
    const svg = samplingFilters({
      tokens: [' the', ' a', ' his'],
      stages: [
        { name: 'model', probabilities: [0.4, 0.2, 0.1] },
        { name: 'top-k 2', probabilities: [0.8, 0.2, 0] },
      ],
    }).toSVG();
    expect(texts(svg)).toEqual(expect.arrayContaining(['model', 'top-k 2', 'out', '80.0 %']));
    const [before, after] = [barsOf(svg, '#4d4d4d'), barsOf(svg, BLUE)];
    expect(lengthOf(after[0]) / lengthOf(before[0])).toBeCloseTo(2, 1);
    expect(lengthOf(after[1]) / lengthOf(before[1])).toBeCloseTo(1, 1);
    expect(() => samplingFilters({ tokens: ['a'], stages: [] })).toThrow('stages is empty');
    expect(() => samplingFilters({ tokens: ['a'], stages: [{ name: 'x', probabilities: [] }] })).toThrow(
      'stages[0].probabilities has 0, tokens 1',
    );
  });
});
