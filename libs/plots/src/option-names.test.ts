import { describe, expect, it } from 'vitest';
import * as plots from './index.js';

describe('an option with an unknown name', () => {
  it.each([
    'barChart',
    'heatMap',
    'scatterPlot',
    'lossCurves',
    'attentionHead',
    'attentionLayer',
    'attentionAverages',
    'attentionModel',
    'attentionMasks',
    'attentionPage',
  ] as const)('is refused by %s', (name) => {
    const draw = plots[name] as (options: object) => unknown;
    expect(() => draw({ titel: 'Loss' })).toThrow(/^titel: unknown option\. Expected one of .*, title, /);
  });
});
