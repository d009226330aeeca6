// `gru-step`: one step of a GRU of two units, as sliders set it: six bars, and what they say.
import {
  displayPath,
  defineCommand,
  flag,
  resolveUserPath,
  oneOf,
  number,
  saveFigures,
  type Terminal,
} from '@lilformer/command-line';
import {
  explainGruStep,
  gruStep,
  gruStepDefaults,
  gruStepPresets,
  type GruStepBars,
  type GruStepSettings,
} from '@lilformer/evaluation';
import { z } from 'zod';
import { figureFlags } from './flags.js';

type PresetName = keyof typeof gruStepPresets;
const PRESETS = Object.keys(gruStepPresets) as PresetName[];

const slider = (name: keyof GruStepSettings, help: string) =>
  flag(
    { group: 'Sliders', value: 'X', help: `${help} [${gruStepDefaults[name]}]` },
    number('a number').optional(),
  );

export const gruStepFlags = defineCommand({
  summary: 'One step of a GRU with two units, of which one carries data and the other works the gates.',
  examples: [
    'npx nx run evaluator:gru-step -- --data-input 1 --data-hidden 0.5',
    'npx nx run evaluator:gru-step -- --preset memory --data-input 2',
  ],
  notes: PRESETS.map((name) => `--preset ${name}: ${gruStepPresets[name].explanation}`),
  flags: z.object({
    preset: flag({ value: 'NAME', help: PRESETS.join(', ') }, oneOf(...PRESETS).optional()),
    dataInput: slider('dataInput', 'x[0], the input that carries data'),
    controlInput: slider('controlInput', 'x[1], the input that the gates listen to'),
    dataHidden: slider('dataHidden', 'h[0], the unit that carries data'),
    controlHidden: slider('controlHidden', 'h[1], the unit that the gates listen to'),
    resetWeight: slider('resetWeight', 'W_xr[0,1] and W_hr[0,1]'),
    updateWeight: slider('updateWeight', 'W_xz[0,1] and W_hz[0,1]'),
    newInputWeight: slider('newInputWeight', 'W_xn[0,0]'),
    newHiddenWeight: slider('newHiddenWeight', 'W_hn[0,0]'),
    ...figureFlags,
  }),
});

const NAMES: Readonly<Record<keyof GruStepBars, string>> = {
  input: 'x[0]  input',
  hidden: 'h[0]  state before',
  reset: 'r[0]  reset gate',
  update: 'z[0]  update gate',
  newContent: 'n[0]  new content',
  newHidden: "h'[0] state after",
};

/** Columns of a bar for 1. */
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
  for (const [name, label] of Object.entries(NAMES) as [keyof GruStepBars, string][]) {
    terminal.print(`${label.padEnd(19)} ${step[name].toFixed(2).padStart(6)}  ${bar(step[name])}`);
  }
  terminal.print(`\n${explainGruStep(settings).join('\n')}`);
  if (figures === undefined) return;
  const about = preset === undefined ? 'One step of a GRU' : `One step of a GRU: ${preset}`;
  const { barChart } = await import('@lilformer/plots');
  const names = Object.keys(NAMES) as (keyof GruStepBars)[];
  const figure = barChart({
    title: about,
    orientation: 'vertical',
    labels: names.map((name) => NAMES[name].replace(/ +/, ': ')),
    series: [{ values: names.map((name) => step[name]) }],
    range: [-2, 2],
  });
  const name = preset === undefined ? 'gru-step' : `gru-step-${preset}`;
  const files = await saveFigures(resolveUserPath(figures), [{ name, about, figure }], format);
  for (const file of files) terminal.print(`\nfigure: ${displayPath(file)}`);
}

/** A bar to the left or right of a middle line that is at 2. */
function bar(value: number): string {
  const middle = 2 * UNIT;
  const length = Math.min(middle, Math.round(Math.abs(value) * UNIT));
  return value < 0
    ? `${' '.repeat(middle - length)}${'█'.repeat(length)}│`
    : `${' '.repeat(middle)}│${'█'.repeat(length)}`;
}
