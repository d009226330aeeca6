// What PyTorch's side of the agreement is told, from a run's config.json.

/** The part of a run's config.json that says how it was trained. */
export interface RunConfig {
  readonly preset: string;
  readonly model: { readonly type: string; readonly [size: string]: unknown };
  readonly settings: {
    readonly optimizer: string;
    readonly schedule: string;
    readonly windows: 'random' | 'sliding' | 'chunks';
    readonly accumulate: number;
    readonly context: number;
    readonly maxSteps: number;
    readonly batchSize: number;
    readonly seed: number;
    readonly split: number;
    readonly splitBy: 'tokens' | 'windows';
    readonly evalBatches: number;
    readonly [name: string]: unknown;
  };
}

/** Stages of the evolution by the type of their model. */
const STAGES: Readonly<Record<string, number>> = {
  bigram: 3,
  attention: 4,
  'positional-attention': 5,
  'attention-ffn': 6,
  transformer: 7,
  'stacked-transformer': 8,
  'multi-head-transformer': 9,
  'moe-transformer': 10,
};

/** Our sizes, and what the peer's constructor calls them. */
const SIZES: Readonly<Record<string, string>> = {
  dModel: 'd_model',
  contextLength: 'max_seq_len',
  dFf: 'd_ff',
  nLayers: 'n_layers',
  nHeads: 'n_heads',
  nExperts: 'n_experts',
};

/** Steps between two lines of progress. */
const REPORT = 20;

/**
 * The peer's stage, constructor arguments and settings.
 * @throws Error when the run is none of the evolution's, or was trained in a way that the peer does not know
 */
export function peerTask(config: RunConfig, vocabSize: number): Record<string, unknown> {
  const { model, settings } = config;
  const stage = STAGES[model.type];
  if (stage === undefined) {
    throw new Error(
      `model ${model.type}: expected one of the evolution's, ${Object.keys(STAGES).join(', ')}`,
    );
  }
  const expected = { optimizer: 'adamw', windows: 'random', accumulate: 1 };
  for (const [name, value] of Object.entries(expected)) {
    if (settings[name] !== value) {
      throw new Error(`${name} ${String(settings[name])}: PyTorch's side knows only ${value}`);
    }
  }
  if (settings.schedule !== 'cosine' && settings.schedule !== 'constant') {
    throw new Error(`schedule ${settings.schedule}: PyTorch's side knows only cosine and constant`);
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
