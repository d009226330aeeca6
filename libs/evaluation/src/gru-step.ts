// One step of a gated recurrent unit with two inputs and two units, whose eight numbers a person sets by hand: the first
// of each pair carries data, the second opens and closes the gates. Leaves out GRUs that were trained (gates.ts).

/** What is set: the two inputs, the two units before, and four weights. All others are 0, and there are no biases. */
export interface GruStepSettings {
  /** x[0], the input that carries data. */
  readonly dataInput: number;
  /** x[1], the input that the gates listen to. */
  readonly controlInput: number;
  /** h[0], the unit that carries data. */
  readonly dataHidden: number;
  /** h[1], the unit that the gates listen to. */
  readonly controlHidden: number;
  /** W_xr[0,1] and W_hr[0,1]: how both controls open the reset gate. */
  readonly resetWeight: number;
  /** W_xz[0,1] and W_hz[0,1]: how both controls open the update gate. */
  readonly updateWeight: number;
  /** W_xn[0,0]: how the data input makes new content. */
  readonly newInputWeight: number;
  /** W_hn[0,0]: how the data unit makes new content, as far as the reset gate lets it. */
  readonly newHiddenWeight: number;
}

/** The six numbers of the data unit, as they are drawn. */
export interface GruStepBars {
  /** x[0] */
  readonly input: number;
  /** h[0] before */
  readonly hidden: number;
  /** r[0], between 0 and 1: how much of the unit before the new content sees. */
  readonly reset: number;
  /** z[0], between 0 and 1: how much of the unit before stays. */
  readonly update: number;
  /** n[0], between -1 and 1 */
  readonly newContent: number;
  /** h[0] after */
  readonly newHidden: number;
}

/** A setting with a name and what it shows. */
export interface GruStepPreset {
  readonly settings: GruStepSettings;
  /** What the setting is for, and which weights do it. */
  readonly explanation: string;
}

/** Where each number starts: the new content is a squashed sum of input and state, and replaces the state. */
export const gruStepDefaults: GruStepSettings = {
  dataInput: 0,
  controlInput: 2,
  dataHidden: 0,
  controlHidden: 0,
  resetWeight: 3,
  updateWeight: -3,
  newInputWeight: 3,
  newHiddenWeight: 3,
};

/** Three things that a unit can do, each with the data that shows it. */
export const gruStepPresets = {
  difference: {
    settings: { ...gruStepDefaults, dataInput: 2, dataHidden: 2, newHiddenWeight: -3 },
    explanation:
      'Difference: W_hn[0,0] = -3 takes the state away from the input where the start adds it, so equal ones cancel.',
  },
  memory: {
    settings: { ...gruStepDefaults, dataInput: -1.5, dataHidden: 0.7, updateWeight: 3 },
    explanation:
      'Perfect memory: W_xz[0,1] = W_hz[0,1] = 3 opens the update gate, so the old state passes whatever the input is.',
  },
  'input-only': {
    settings: { ...gruStepDefaults, dataInput: 0.4, dataHidden: -1.2, resetWeight: -3 },
    explanation:
      'Input only: W_xr[0,1] = W_hr[0,1] = -3 shuts the reset gate, so the new content is made of the input alone.',
  },
} as const satisfies Record<string, GruStepPreset>;

/**
 * r = σ(w_r (x₁ + h₁)), z = σ(w_z (x₁ + h₁)), n = tanh(w_x x₀ + r w_h h₀), h₀' = (1 - z) n + z h₀ (Cho et al. 2014, with
 * the reset gate after the map).
 *
 * @throws RangeError naming the setting that is no finite number
 */
export function gruStep(settings: GruStepSettings): GruStepBars {
  for (const name of Object.keys(gruStepDefaults) as (keyof GruStepSettings)[]) {
    if (!Number.isFinite(settings[name])) {
      throw new RangeError(`${name} ${String(settings[name])}: expected a finite number`);
    }
  }
  const { dataInput, controlInput, dataHidden, controlHidden } = settings;
  const control = controlInput + controlHidden;
  const reset = sigmoid(settings.resetWeight * control);
  const update = sigmoid(settings.updateWeight * control);
  const newContent = Math.tanh(
    settings.newInputWeight * dataInput + reset * settings.newHiddenWeight * dataHidden,
  );
  const newHidden = (1 - update) * newContent + update * dataHidden;
  return { input: dataInput, hidden: dataHidden, reset, update, newContent, newHidden };
}

/** What the numbers of a step say, a sentence for each of its three decisions. */
export function explainGruStep(settings: GruStepSettings): string[] {
  const { reset, update, newContent, newHidden } = gruStep(settings);
  const seen = reset * settings.newHiddenWeight * settings.dataHidden;
  return [
    `Reset gate r = ${reset.toFixed(2)}: the new content sees ${percent(reset)} of the old state's share.`,
    `New content n = ${newContent.toFixed(2)}: tanh of ${(settings.newInputWeight * settings.dataInput).toFixed(2)} from the ` +
      `input and ${seen.toFixed(2)} from the old state.`,
    `Update gate z = ${update.toFixed(2)}: ${percent(update)} of the old state ${settings.dataHidden.toFixed(2)} stays, ` +
      `${percent(1 - update)} is new content, which gives ${newHidden.toFixed(2)}.`,
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
