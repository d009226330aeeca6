export { defineCommand, type Command, type CommandAbout } from './command.js';
export { helpEntry, helpOfFlags } from './help.js';
export { machineLine } from './machine.js';
export { asTheyWouldType, fromWhereTheyStand } from './paths.js';
export { INTERRUPTED, runProgram, verb } from './program.js';
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
export { markdownTable, textTable, type Table } from './table.js';
export { Terminal } from './terminal.js';
