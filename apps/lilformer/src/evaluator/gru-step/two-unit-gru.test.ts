// A step against PyTorch's GRU cell with the same weights.
import { goldenJson } from '@lilformer/testing';
import { describe, expect, it } from 'vitest';
import {
  explainGruStep,
  gruStep,
  gruStepDefaults,
  gruStepPresets,
  type GruStepSettings,
} from './two-unit-gru.js';

interface DemoRow {
  label: string;
  x: [number, number];
  h: [number, number];
  reset: number;
  update: number;
  new_input: number;
  new_hidden: number;
  bars: Record<'x' | 'h' | 'r' | 'z' | 'n' | 'h_new', number>;
}

function settingsOf(row: DemoRow): GruStepSettings {
  return {
    dataInput: row.x[0],
    controlInput: row.x[1],
    dataHidden: row.h[0],
    controlHidden: row.h[1],
    resetWeight: row.reset,
    updateWeight: row.update,
    newInputWeight: row.new_input,
    newHiddenWeight: row.new_hidden,
  };
}

const DEMO = 'recurrent/gru_cell/demo.json';

describe('a step of the two-unit GRU', () => {
  const rows = goldenJson<DemoRow[]>(DEMO);

  it.each(rows)('$label', (row) => {
    const bars = gruStep(settingsOf(row));
    expect(bars.input).toBe(row.bars.x);
    expect(bars.hidden).toBe(row.bars.h);
    expect(bars.reset).toBeCloseTo(row.bars.r, 6);
    expect(bars.update).toBeCloseTo(row.bars.z, 6);
    expect(bars.newContent).toBeCloseTo(row.bars.n, 6);
    expect(bars.newHidden).toBeCloseTo(row.bars.h_new, 6);
  });

  it('has the initial values and presets of the slider demo', () => {
    const of = (label: string) => settingsOf(rows.find((row) => row.label === label)!);
    expect(gruStepDefaults).toEqual(of('sliders at start'));
    expect(gruStepPresets.difference.settings).toEqual(of('difference'));
    expect(gruStepPresets.memory.settings).toEqual(of('perfect memory'));
    expect(gruStepPresets['input-only'].settings).toEqual(of('input only'));
  });
});

describe('presets', () => {
  it('difference: equal input and state cancel', () => {
    const { settings } = gruStepPresets.difference;
    expect(Math.abs(gruStep(settings).newContent)).toBeLessThan(0.05);
    expect(gruStep({ ...settings, dataHidden: -2 }).newContent).toBeGreaterThan(0.99);
  });

  it('memory: the state stays for any input', () => {
    const { settings } = gruStepPresets.memory;
    for (const dataInput of [-2, 0, 2]) {
      expect(gruStep({ ...settings, dataInput }).newHidden).toBeCloseTo(settings.dataHidden, 1);
    }
  });

  it('input only: the new content does not depend on the state', () => {
    const { settings } = gruStepPresets['input-only'];
    const contents = [-2, 0, 2].map((dataHidden) => gruStep({ ...settings, dataHidden }).newContent);
    expect(Math.max(...contents) - Math.min(...contents)).toBeLessThan(0.02);
  });

  it('a control of 0 gives gates of 0.5', () => {
    for (const { settings } of Object.values(gruStepPresets)) {
      const bars = gruStep({ ...settings, controlInput: 0 });
      expect([bars.reset, bars.update]).toEqual([0.5, 0.5]);
    }
  });
});

it('explains a step with its numbers', () => {
  const [reset, content, update] = explainGruStep(gruStepPresets.memory.settings);
  expect(reset).toContain('r = 1.00');
  expect(content).toContain('-4.50 from the input and 2.09 from the old state');
  expect(update).toContain('99.8 % of the old state 0.70 stays');
});
