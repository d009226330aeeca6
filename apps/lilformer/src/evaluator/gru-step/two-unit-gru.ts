// One step of a GRU with two inputs and two units, of which eight numbers are set by hand. The first of each pair carries data,
// the second controls the gates.

/** The inputs, the state, and four weights. All other weights are 0, and there are no biases. */
export interface GruStepSettings {
  /** x[0], the data input. */
  readonly dataInput: number;
  /** x[1], the control input of the gates. */
  readonly controlInput: number;
  /** h[0], the data unit of the state. */
  readonly dataHidden: number;
  /** h[1], the control unit of the state. */
  readonly controlHidden: number;
  /** W_xr[0,1] and W_hr[0,1]: from both controls to the reset gate. */
  readonly resetWeight: number;
  /** W_xz[0,1] and W_hz[0,1]: from both controls to the update gate. */
  readonly updateWeight: number;
  /** W_xn[0,0]: from the data input to the new content. */
  readonly newInputWeight: number;
  /** W_hn[0,0]: from the data unit, times the reset gate, to the new content. */
  readonly newHiddenWeight: number;
}

/** The values of the data unit in one step. */
export interface GruStepValues {
  /** x[0] */
  readonly input: number;
  /** h[0] before the step. */
  readonly hidden: number;
  /** r[0], 0 to 1: share of the old state in the new content. */
  readonly reset: number;
  /** z[0], 0 to 1: share of the old state that stays. */
  readonly update: number;
  /** n[0], -1 to 1. */
  readonly newContent: number;
  /** h[0] after the step. */
  readonly newHidden: number;
}

/** Initial values: the new content is tanh of a sum of input and state, and replaces the state. */
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

/** Settings that make the unit do something, with an explanation. */
export const gruStepPresets = {
  difference: {
    settings: { ...gruStepDefaults, dataInput: 2, dataHidden: 2, newHiddenWeight: -3 },
    explanation: 'Difference: W_hn[0,0] = -3 subtracts the state from the input; equal values cancel.',
  },
  memory: {
    settings: { ...gruStepDefaults, dataInput: -1.5, dataHidden: 0.7, updateWeight: 3 },
    explanation: 'Memory: W_xz[0,1] = W_hz[0,1] = 3 opens the update gate; the state stays for any input.',
  },
  'input-only': {
    settings: { ...gruStepDefaults, dataInput: 0.4, dataHidden: -1.2, resetWeight: -3 },
    explanation:
      'Input only: W_xr[0,1] = W_hr[0,1] = -3 closes the reset gate; the new content is that of the input.',
  },
} as const;

/**
 * r = σ(w_r (x₁ + h₁)), z = σ(w_z (x₁ + h₁)), n = tanh(w_x x₀ + r w_h h₀), h₀' = (1 - z) n + z h₀ (Cho et al., 2014, with the
 * reset gate after the linear layer).
 */
export function gruStep(settings: GruStepSettings): GruStepValues {
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

/** A step in words, a sentence per gate. */
export function explainGruStep(settings: GruStepSettings): string[] {
  const { reset, update, newContent, newHidden } = gruStep(settings);
  const fromInput = settings.newInputWeight * settings.dataInput;
  const fromState = reset * settings.newHiddenWeight * settings.dataHidden;
  return [
    `Reset gate r = ${reset.toFixed(2)}: ${percent(reset)} of the old state enters the new content.`,
    `New content n = ${newContent.toFixed(2)}: tanh of ${fromInput.toFixed(2)} from the input and ${fromState.toFixed(2)} ` +
      'from the old state.',
    `Update gate z = ${update.toFixed(2)}: ${percent(update)} of the old state ${settings.dataHidden.toFixed(2)} stays, ` +
      `${percent(1 - update)} is new content; the new state is ${newHidden.toFixed(2)}.`,
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
