// The trainer: `main.ts train …`, `sweep …`, `generate …` and `export …`; Nx calls them trainer:train and so on.
import { EXIT_INTERRUPTED, runProgram, action } from '@lilformer/command-line';
import { exportFlags, generateFlags, sweepFlags, trainFlags } from './command-line.js';
import { generateCommand } from './generate-command.js';
import { trainCommand } from './train/train-command.js';

await runProgram({
  train: action(
    trainFlags,
    async (command, terminal, signal) => {
      const { reason } = await trainCommand(command, terminal, signal);
      return reason === 'interrupted' ? EXIT_INTERRUPTED : 0;
    },
    '\nStopping after this step; Ctrl-C again to stop at once.',
  ),
  async sweep() {
    // Loaded on demand, because a sweep starts many `train` processes.
    const { sweepCommand } = await import('./sweep/sweep-command.js');
    return action(sweepFlags, sweepCommand, '\nStopping; every run saves. Ctrl-C again to stop at once.');
  },
  generate: action(generateFlags, generateCommand),
  async export() {
    const { exportCommand } = await import('./export-command.js');
    return action(exportFlags, exportCommand);
  },
});
