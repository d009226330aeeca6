// The files of a model in Hugging Face's format: configs, tokenizer, and weights (safetensors preferred to PyTorch's).

/** Weights in one file or in shards; the first match is used. */
const WEIGHTS: readonly { readonly main: string; readonly parts?: RegExp }[] = [
  { main: 'model.safetensors' },
  { main: 'model.safetensors.index.json', parts: /^model-\d+-of-\d+\.safetensors$/ },
  { main: 'pytorch_model.bin' },
  { main: 'pytorch_model.bin.index.json', parts: /^pytorch_model-\d+-of-\d+\.bin$/ },
];

const CONFIGURATIONS = [
  ...['config.json', 'generation_config.json', 'tokenizer_config.json'],
  ...['special_tokens_map.json', 'added_tokens.json'],
];

/** Files of a tokenizer; the first complete set is used. */
const TOKENIZERS = [['tokenizer.json'], ['vocab.json', 'merges.txt'], ['vocab.txt'], ['spiece.model']];

/** The file with the weights, or the index of the shards; undefined without weights. */
export function mainWeights(names: readonly string[]): string | undefined {
  return WEIGHTS.find(({ main }) => names.includes(main))?.main;
}

/**
 * The file with the weights, or the index of the shards.
 * @throws Error listing the files found and expected
 */
export function weightsAmong(names: readonly string[], folder: string): string {
  const found = mainWeights(names);
  if (found !== undefined) return found;
  throw new Error(
    `${folder}: no weights found. Expected ${WEIGHTS.map(({ main }) => main).join(' or ')}. Found ${names.join(', ') || 'nothing'}.`,
  );
}

/** The files of the tokenizer; empty without a tokenizer. */
export function tokenizerAmong(names: readonly string[]): readonly string[] {
  return TOKENIZERS.find((files) => files.every((file) => names.includes(file))) ?? [];
}

/**
 * The files of a model on the Hub that have to be downloaded.
 * @throws Error when there are no weights
 */
export function filesOfModel(names: readonly string[]): string[] {
  const main = weightsAmong(names, 'its files on the Hub');
  const parts = WEIGHTS.find((one) => one.main === main)?.parts;
  return [
    ...CONFIGURATIONS.filter((name) => names.includes(name)),
    ...tokenizerAmong(names),
    ...names.filter((name) => parts?.test(name)),
    main,
  ];
}
