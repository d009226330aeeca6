// `gru-step`: one step of a GRU with two units, as bars and sentences.
import { defineCommand, flag, number, oneOf, type Terminal } from '@lilformer/command-line';
import { z } from 'zod';
import { figureFlags, writeFigures } from '../flags.js';
import {
  explainGruStep,
  gruStep,
  gruStepDefaults,
  gruStepPresets,
  type GruStepSettings,
  type GruStepValues,
} from './two-unit-gru.js';

type PresetName = keyof typeof gruStepPresets;
const PRESETS = Object.keys(gruStepPresets) as PresetName[];

const slider = (name: keyof GruStepSettings, help: string) =>
  flag(
    { group: 'Sliders', value: 'X', help: `${help} [${gruStepDefaults[name]}]` },
    number('a number', () => true).optional(),
  );

export const gruStepFlags = defineCommand({
  summary: 'Computes one step of a GRU with two units, one for data and one that controls the gates.',
  examples: [
    'npx lilformer gru-step --data-input 1 --data-hidden 0.5',
    'npx lilformer gru-step --preset memory --data-input 2',
  ],
  notes: PRESETS.map((name) => `--preset ${name}: ${gruStepPresets[name].explanation}`),
  flags: z.object({
    preset: flag({ value: 'NAME', help: `start from ${PRESETS.join(', ')}` }, oneOf(...PRESETS).optional()),
    dataInput: slider('dataInput', 'x[0], the data input'),
    controlInput: slider('controlInput', 'x[1], the control input of the gates'),
    dataHidden: slider('dataHidden', 'h[0], the data unit of the state'),
    controlHidden: slider('controlHidden', 'h[1], the control unit of the state'),
    resetWeight: slider('resetWeight', 'W_xr[0,1] and W_hr[0,1]'),
    updateWeight: slider('updateWeight', 'W_xz[0,1] and W_hz[0,1]'),
    newInputWeight: slider('newInputWeight', 'W_xn[0,0]'),
    newHiddenWeight: slider('newHiddenWeight', 'W_hn[0,0]'),
    ...figureFlags,
  }),
});

const NAMES: Readonly<Record<keyof GruStepValues, string>> = {
  input: 'x[0]  input',
  hidden: 'h[0]  old state',
  reset: 'r[0]  reset gate',
  update: 'z[0]  update gate',
  newContent: 'n[0]  new content',
  newHidden: "h'[0] new state",
};

/** Columns of a bar of length 1. */
const UNIT = 12;

export async function gruStepCommand(
  { preset, figures, format, ...given }: NonNullable<ReturnType<typeof gruStepFlags.parse>>,
  terminal: Terminal,
): Promise<void> {
  const start: GruStepSettings = preset === undefined ? gruStepDefaults : gruStepPresets[preset].settings;
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const settings: GruStepSettings = { ...start, ...set };
  if (preset !== undefined) terminal.print(`${gruStepPresets[preset].explanation}\n`);
  const step = gruStep(settings);
  const names = Object.keys(NAMES) as (keyof GruStepValues)[];
  for (const name of names) {
    terminal.print(`${NAMES[name].padEnd(19)} ${step[name].toFixed(2).padStart(6)}  ${bar(step[name])}`);
  }
  terminal.print(`\n${explainGruStep(settings).join('\n')}`);
  await writeFigures(
    { figures, format },
    async () => {
      const { barChart } = await import('@lilformer/plots');
      const about = preset === undefined ? 'One step of a GRU' : `One step of a GRU: ${preset}`;
      const figure = barChart({
        title: about,
        orientation: 'vertical',
        labels: names.map((name) => NAMES[name].replace(/ +/, ': ')),
        series: [{ values: names.map((name) => step[name]) }],
        range: [-2, 2],
      });
      return [{ name: preset === undefined ? 'gru-step' : `gru-step-${preset}`, about, figure }];
    },
    terminal,
  );
}

/** A bar to the left or right of an axis; longest at ±2. */
function bar(value: number): string {
  const middle = 2 * UNIT;
  const length = Math.min(middle, Math.round(Math.abs(value) * UNIT));
  return value < 0
    ? `${' '.repeat(middle - length)}${'█'.repeat(length)}│`
    : `${' '.repeat(middle)}│${'█'.repeat(length)}`;
}
