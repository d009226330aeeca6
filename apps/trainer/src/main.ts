// The trainer: `main.ts train …` and `main.ts generate …`; Nx calls it as trainer:train and trainer:generate.
import { INTERRUPTED, runProgram, verb } from '@lilformer/command-line';
import { generateFlags, trainFlags } from './command-line.js';
import { generateCommand } from './generate-command.js';
import { trainCommand } from './train-command.js';

await runProgram({
  train: verb(
    trainFlags,
    async (command, terminal, signal) => {
      const { reason } = await trainCommand(command, terminal, signal);
      return reason === 'interrupted' ? INTERRUPTED : 0;
    },
    '\nStopping after this step; Ctrl-C again to stop at once.',
  ),
  generate: verb(generateFlags, generateCommand),
});
