export { bestRunIn } from './best-run.js';
export {
  candidatesIn,
  compareModels,
  type CompareModelsOptions,
  type ModelsCompared,
} from './compare-models.js';
export { defineCommand, type Command, type CommandAbout } from './command.js';
export { corpusProgress } from './corpus-progress.js';
export {
  figureFormats,
  markdownBlock,
  markdownFigures,
  saveFigures,
  type FigureFormat,
  type NamedFigure,
} from './figures.js';
export { helpEntry, helpOfFlags } from './help.js';
export { machineLine } from './machine.js';
export { asTheyWouldType, fromWhereTheyStand } from './paths.js';
export { givenCorpus, measuredText, textFlags, type MeasuredText, type TextFlags } from './measured-text.js';
export {
  engineFlags,
  fileFlags,
  fileOptions,
  namedModelFlags,
  openModel,
  openNamed,
  startEngine,
  writerOf,
  type EngineFlags,
  type FileFlags,
  type NamedModel,
} from './open-model.js';
export { generateOptions, generationFlags, processorFlags } from './generation-flags.js';
export { protocolFlags, protocolOf, type ProtocolFlags } from './protocol.js';
export { commandLine, INTERRUPTED, runProgram, tellListener, typedCommand, verb } from './program.js';
export {
  aboutFlags,
  checkFlags,
  flag,
  flagOf,
  notNegative,
  off,
  oneOf,
  positive,
  real,
  share,
  text,
  whole,
  type FlagAbout,
} from './schema.js';
export { splitFlags } from './split.js';
export type { Table } from '@lilformer/evaluation';
export { markdownTable, textTable } from './table.js';
export { Terminal } from './terminal.js';
