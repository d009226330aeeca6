// Which files of a folder, or of a model on the Hub, make up a model: configurations, tokenizer, and one form of the
// weights, safetensors before PyTorch's.

/** Weights in one file or several, the first that is there counts. */
const WEIGHTS: readonly { readonly main: string; readonly parts?: RegExp }[] = [
  { main: 'model.safetensors' },
  { main: 'model.safetensors.index.json', parts: /^model-\d+-of-\d+\.safetensors$/ },
  { main: 'pytorch_model.bin' },
  { main: 'pytorch_model.bin.index.json', parts: /^pytorch_model-\d+-of-\d+\.bin$/ },
];

const CONFIGURATIONS = ['config.json', 'generation_config.json', 'tokenizer_config.json'];

/** Forms of a tokenizer, the first that is whole counts. */
const TOKENIZERS = [['tokenizer.json'], ['vocab.json', 'merges.txt'], ['vocab.txt'], ['spiece.model']];

/**
 * The file with the weights, or their index.
 * @throws Error listing what is there, and what would do
 */
export function weightsAmong(names: readonly string[], folder: string): string {
  const found = WEIGHTS.find(({ main }) => names.includes(main));
  if (found) return found.main;
  throw new Error(
    `${folder}: no weights; expected ${WEIGHTS.map(({ main }) => main).join(', ')}; there is ${names.join(', ') || 'nothing'}`,
  );
}

/** The files that a tokenizer needs, empty where there is none. */
export function tokenizerAmong(names: readonly string[]): readonly string[] {
  return TOKENIZERS.find((files) => files.every((file) => names.includes(file))) ?? [];
}

/**
 * Of the files of a model on the Hub those that are needed here.
 * @throws Error where there are no weights
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
