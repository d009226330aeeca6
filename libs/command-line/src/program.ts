// A program of several commands: `main.ts VERB --flags`. Ctrl-C asks the command to stop, a second one does
// not wait for it; a mistake ends in its message, without a stack unless DEBUG is set.
import type { Command } from './command.js';
import { Terminal } from './terminal.js';

/** As shells count a process that SIGINT ended. */
export const INTERRUPTED = 130;

/** One command of a program: does it, and returns the exit code if it is not 0. */
interface Verb {
  readonly stopping: string;
  run(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> | Promise<void>;
}

/**
 * A command of a program: with `--help` it prints its help, else it does `run` with the values of its flags.
 * `stopping` is printed when it is asked to stop.
 */
export function verb<T>(
  command: Command<T>,
  run: (flags: T, terminal: Terminal, signal: AbortSignal) => Promise<number> | Promise<void>,
  stopping = '',
): Verb {
  return {
    stopping,
    async run(args, terminal, signal) {
      const flags = command.parse(args);
      if (flags !== undefined) return (await run(flags, terminal, signal)) ?? 0;
      terminal.print(command.help());
      return 0;
    },
  };
}

/**
 * Runs the command that the process was started with, and sets its exit code. A command may be a function that loads
 * it, so that the others cost no time.
 */
export async function runProgram(
  verbs: Readonly<Record<string, Verb | (() => Promise<Verb>)>>,
): Promise<void> {
  const [name, ...args] = process.argv.slice(2);
  const found = name !== undefined && Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  let verb: Verb | undefined;
  const terminal = new Terminal();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(INTERRUPTED);
      stop.abort(new Error('stopped'));
      terminal.print(verb?.stopping ?? '');
    });
  }
  // `… | head` ends what is piped into it; what is running stops as it would at Ctrl-C.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    stop.abort(new Error('stopped'));
  });
  // A process that another one started to listen to: without the listener there is no use in going on.
  if (process.channel) {
    process.on('disconnect', () => stop.abort(new Error('stopped')));
    process.channel.unref();
  }
  try {
    if (!found) {
      const names = Object.keys(verbs);
      const last = names.pop();
      const list = names.length === 0 ? last : `${names.join(', ')} or ${last}`;
      throw new Error(`${name ?? 'no command'}: expected ${list}`);
    }
    verb = typeof found === 'function' ? await found() : found;
    process.exitCode = (await verb.run(args, terminal, stop.signal)) ?? 0;
  } catch (error) {
    if (stop.signal.aborted) {
      process.exitCode = INTERRUPTED;
    } else {
      console.error(process.env.DEBUG ? error : error instanceof Error ? error.message : error);
      process.exitCode = 1;
    }
  }
}

/** Tells the process that started this one, if it listens; one that is gone is not waited for. */
export function tellListener(message: object): void {
  if (process.connected) process.send!(message, undefined, undefined, () => undefined);
}

/** The present command as one would type it again, for reports. */
export function commandLine(target: string): string {
  return typedCommand(target, process.argv.slice(3));
}

/** A command as one would type it. */
export function typedCommand(target: string, args: readonly string[]): string {
  return ['npx nx run', target, ...(args.length > 0 ? ['--', ...args.map(quoted)] : [])].join(' ');
}

/** An argument as shells take it. */
function quoted(arg: string): string {
  if (/^[\w./:=,+-]+$/.test(arg)) return arg;
  const escaped = arg.replaceAll("'", `'\\''`);
  return /[\n\t]/.test(arg)
    ? `$'${arg.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}'`
    : `'${escaped}'`;
}
