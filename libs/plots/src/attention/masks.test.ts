import { describe, expect, it } from 'vitest';
import { attentionAverages, attentionLayer, attentionModel } from './figures.js';
import { attentionMasks } from './masks.js';

const causal = (size: number): boolean[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => j <= i));

describe('attentionMasks', () => {
  it('fills the visible cells only', () => {
    const svg = attentionMasks({
      rows: [{ name: 'GPT-2', masks: [{ name: 'masked', visible: causal(4) }] }],
    }).toSVG();
    const [filled] = [...svg.matchAll(/<path fill="([^"]+)" d="([^"]+)"/g)].filter(([, , d]) =>
      d.startsWith('M0 0h1'),
    );
    // Row i has a run of i + 1 cells.
    expect(filled[2]).toBe('M0 0h1v1h-1zM0 1h2v1h-2zM0 2h3v1h-3zM0 3h4v1h-4z');
    for (const text of ['GPT-2', 'masked', 'Attention masks']) expect(svg).toContain(text);
  });

  it('rejects invalid input', () => {
    expect(() => attentionMasks({ rows: [] })).toThrow('rows');
    expect(() => attentionMasks({ rows: [{ name: 'a', masks: [] }] })).toThrow('rows[0].masks');
    const ragged = { name: 'a', visible: [[true], [true, false]] };
    expect(() => attentionMasks({ rows: [{ name: 'a', masks: [ragged] }] })).toThrow(
      'rows[0].masks[0].visible[1]',
    );
    const wide = { name: 'a', visible: [new Array<boolean>(60).fill(true)] };
    expect(() => attentionMasks({ rows: [{ name: 'a', masks: [wide] }] })).toThrow(
      '60 keys do not fit into width 800',
    );
  });
});

describe('cross-attention', () => {
  const weights = [
    [0.5, 0.25, 0.25],
    [0.1, 0.2, 0.7],
  ];
  const texts = { tokens: ['Ja', 'nein'], keys: ['yes', 'no', 'maybe'] };

  it('shows the tokens of queries and keys', () => {
    const figures = [
      attentionLayer({ ...texts, heads: [weights, weights] }),
      attentionAverages({ ...texts, layers: [[weights, weights], [weights]] }),
      attentionModel({ ...texts, layers: [[weights, weights], [weights]] }),
    ];
    for (const figure of figures) {
      const svg = figure.toSVG();
      for (const token of [...texts.tokens, ...texts.keys]) expect(svg).toContain(token);
    }
  });

  it('needs a weight for each query and key', () => {
    expect(() => attentionLayer({ tokens: texts.tokens, heads: [weights] })).toThrow('heads[0]');
    expect(() => attentionLayer({ ...texts, keys: ['yes'], heads: [weights] })).toThrow();
    expect(() => attentionModel({ ...texts, keys: [], layers: [[weights]] })).toThrow('keys');
  });
});
