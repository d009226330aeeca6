// Arguments of agreement_peer.py from a run's config.json.

/** The fields of config.json that are needed here. */
export interface RunConfig {
  readonly preset: string;
  readonly model: { readonly type: string; readonly [size: string]: unknown };
  readonly settings: {
    readonly optimizer: string;
    readonly schedule: string;
    readonly windows: 'random' | 'sliding' | 'chunks';
    readonly gradientAccumulationSteps: number;
    readonly contextLength: number;
    readonly maxSteps: number;
    readonly batchSize: number;
    readonly seed: number;
    readonly split?: number;
    readonly splitBy?: 'tokens' | 'windows';
    readonly evalBatches: number;
    readonly [name: string]: unknown;
  };
}

/** Constructor arguments of EvolutionLM by config field. */
const SIZES: Readonly<Record<string, string>> = {
  dModel: 'd_model',
  contextLength: 'max_seq_len',
  dFf: 'd_ff',
  nLayers: 'n_layers',
  nHeads: 'n_heads',
  nExperts: 'n_experts',
};

/** Steps between progress lines. */
const REPORT = 20;

/** @throws Error when the preset is not a stage of the evolution, or a setting is not supported by agreement_peer.py */
export function peerTask(config: RunConfig, vocabSize: number): Record<string, unknown> {
  const { model, preset, settings } = config;
  const stage = Number(/^evolution\/(\d+)-/.exec(preset)?.[1]);
  if (!stage) {
    throw new Error(`preset ${preset}: expected a stage of the evolution, such as evolution/03-bigram`);
  }
  const expected = { optimizer: 'adamw', windows: 'random', gradientAccumulationSteps: 1 };
  for (const [name, value] of Object.entries(expected)) {
    if (settings[name] !== value) {
      throw new Error(`${name} ${String(settings[name])}: agreement_peer.py supports only ${value}`);
    }
  }
  if (settings.schedule !== 'cosine' && settings.schedule !== 'constant') {
    throw new Error(`schedule ${settings.schedule}: agreement_peer.py supports only cosine and constant`);
  }
  const sizes = Object.entries(SIZES).flatMap(([ours, theirs]) =>
    typeof model[ours] === 'number' ? [[theirs, model[ours]]] : [],
  );
  return {
    stage,
    arguments: { vocab_size: vocabSize, ...Object.fromEntries(sizes) },
    settings,
    report: REPORT,
  };
}
