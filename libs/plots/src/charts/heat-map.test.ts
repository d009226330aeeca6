import { describe, expect, it } from 'vitest';
import { luminance, panelsOf, readCells } from '../testing/cells.js';
import { decodePng, inked, texts } from '../testing/drawing.js';
import { heatMap } from './heat-map.js';

describe('heatMap', () => {
  it('writes values into cells, with diverging colors for values of both signs', () => {
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
    const [[low, zero, high]] = readCells(panelsOf(signed)[0]);
    const channel = (hex: string, at: number) => parseInt(hex.slice(at, at + 2), 16);
    expect(channel(low!, 5)).toBeGreaterThan(channel(low!, 1) + 40);
    expect(channel(high!, 1)).toBeGreaterThan(channel(high!, 5) + 40);
    expect(luminance(zero!)).toBeGreaterThan(0.85);
  });

  it('rejects invalid input', () => {
    expect(() => heatMap({ values: [], rows: [], columns: [] })).toThrow('rows: empty');
    expect(() => heatMap({ values: [[NaN]], rows: ['a'], columns: ['b'] })).toThrow('values: all NaN');
    expect(() => heatMap({ values: [[1]], rows: ['a'], columns: ['b', 'c'] })).toThrow('values[0]: length 1');
    expect(() => heatMap({ values: [[1]], rows: ['a'], columns: ['b'], max: NaN })).toThrow('max: NaN');
  });

  it('lowers cells and thins labels to fit many rows and columns', () => {
    const size = 1000;
    const names = Array.from({ length: size }, (_, i) => String(i));
    const values = names.map((_, i) => Float32Array.from(names, (_, j) => (i + j) / (2 * size)));
    const figure = heatMap({ values, rows: names, columns: names });
    expect(figure.height).toBeLessThan(700);
    const cells = readCells(panelsOf(figure.toSVG())[0]);
    expect(luminance(cells.at(-1)!.at(-1)!)).toBeLessThan(luminance(cells[0][0]!));
    expect(texts(figure.toSVG()).length).toBeLessThan(200);
  });
});
