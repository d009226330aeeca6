// The trainer: `main.ts train …` and `main.ts generate …`; Nx calls it as trainer:train and trainer:generate.
import { generateHelp, parseGenerate, parseTrain, trainHelp } from './command-line.js';
import { generateCommand } from './generate-command.js';
import { Terminal } from './terminal.js';
import { trainCommand } from './train-command.js';

/** As shells count a process that SIGINT ended. */
const INTERRUPTED = 130;

const [verb, ...args] = process.argv.slice(2);
const terminal = new Terminal();
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // A second Ctrl-C does not wait for the step to end; the last saved state stays good.
    if (stop.signal.aborted) process.exit(INTERRUPTED);
    stop.abort(new Error('stopped'));
    terminal.print(verb === 'train' ? '\nStopping after this step; Ctrl-C again to stop at once.' : '');
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  if (stop.signal.aborted) {
    process.exitCode = INTERRUPTED;
  } else {
    console.error(process.env.DEBUG ? error : error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function main(): Promise<number> {
  switch (verb) {
    case 'train': {
      const command = parseTrain(args);
      if (command.kind === 'help') {
        terminal.print(trainHelp());
        return 0;
      }
      const { reason } = await trainCommand(command, terminal, stop.signal);
      return reason === 'interrupted' ? INTERRUPTED : 0;
    }
    case 'generate': {
      const command = parseGenerate(args);
      if ('kind' in command) terminal.print(generateHelp());
      else await generateCommand(command, terminal, stop.signal);
      return 0;
    }
    default:
      throw new Error(`${verb ?? 'no command'}: expected train or generate`);
  }
}
