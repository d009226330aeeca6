export { compareOnTerminal, findCheckpoints } from './compare-models.js';
export { modelProgress } from './download-progress.js';
export { corpusProgress } from './corpus-progress.js';
export { evaluationText, givenCorpus, textFlags } from './evaluation-text.js';
export { defineCommand, type Command } from './flags/command.js';
export {
  boolean,
  describeFlags,
  flag,
  flagName,
  fraction,
  integer,
  nonNegative,
  number,
  oneOf,
  positive,
  text,
  toggle,
} from './flags/flag.js';
export { generateOptions, generationFlags, processorFlags } from './flags/generation-flags.js';
export { helpEntry, helpExample, helpOfFlags, helpText } from './flags/help.js';
export { didYouMean } from './flags/nearest-name.js';
export { readConfig } from './flags/config-file.js';
export { commonFlags, jsonFlags } from './flags/output-flags.js';
export { checkFlags, splitFlags } from './flags/parse-flags.js';
export { importFlags } from './import-modules.js';
export { describeMachine } from './machine.js';
export {
  engineFlags,
  generativeModelOf,
  loadFlags,
  loadOptions,
  modelFlags,
  openLanguageModel,
  openModel,
  resolveSource,
  startEngine,
  type LoadOptions,
  type OpenedModel,
} from './open-model.js';
export {
  figureFormats,
  markdownBlock,
  markdownFigures,
  saveFigures,
  type FigureFormat,
  type NamedFigure,
} from './output/figures.js';
export { markdownTable, textTable } from './output/table.js';
export { terminalWidth } from './output/width.js';
export { Terminal } from './output/terminal.js';
export { displayPath, resolveUserPath } from './paths.js';
export { perplexityFlags } from './perplexity-flags.js';
export { action, EXIT_INTERRUPTED, runProgram, sendToParent, shellCommand } from './program.js';
export type { Table } from '@lilformer/evaluation';
