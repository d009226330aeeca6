// A program for tests of signals and outputs: `computes` blocks the main thread, `waits` hangs on a file.
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { action, runProgram } from '../program.js';
import type { Terminal } from '../output/terminal.js';

const command = { schema: () => z.object({}), help: () => '', parse: (args: readonly string[]) => args };
const computes = async (milliseconds: number, terminal: Terminal, signal: AbortSignal): Promise<void> => {
  terminal.print('begins');
  await new Promise((resolve) => setTimeout(resolve, 10));
  for (const end = Date.now() + milliseconds; Date.now() < end;);
  await new Promise((resolve) => setTimeout(resolve, 10));
  terminal.print(signal.aborted ? 'stops' : 'ends');
};

await runProgram({
  computes: action(command, async ([milliseconds, failure], terminal, signal) => {
    await computes(Number(milliseconds), terminal, signal);
    if (failure !== undefined) throw new Error(failure);
    signal.throwIfAborted();
  }),
  waits: action(command, async ([file], terminal) => {
    terminal.print('begins');
    await open(file);
  }),
});
