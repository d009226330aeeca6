// A program of several commands: `main.ts COMMAND --flags`. Ctrl-C asks the command to stop; a second Ctrl-C exits at once.
import type { Command } from './flags/command.js';
import { importModules, placeInImported } from './import-modules.js';
import { onFirstSignal } from './first-signal.js';
import { printable } from './output/printable.js';
import { Terminal } from './output/terminal.js';

/** The exit code after Ctrl-C: 128 + SIGINT, as in shells. */
export const EXIT_INTERRUPTED = 130;

/** A command with its implementation. */
interface Action {
  readonly stopMessage: string;
  run(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> | Promise<void>;
}

/**
 * Binds a command to the function that runs it with the values of its flags; `--help` prints the help instead.
 *
 * @param run its result is the exit code, 0 by default
 * @param stopMessage printed after Ctrl-C
 */
export function action<T>(
  command: Command<T>,
  run: (flags: T, terminal: Terminal, signal: AbortSignal) => Promise<number> | Promise<void>,
  stopMessage = '',
): Action {
  return {
    stopMessage,
    async run(args, terminal, signal) {
      await importModules(args);
      const flags = command.parse(args);
      if (flags !== undefined) return (await run(flags, terminal, signal)) ?? 0;
      terminal.print(command.help(args.filter((arg) => arg !== '--help')));
      return 0;
    },
  };
}

/**
 * Runs the command named by the first argument of the process, or by the first two, and sets the exit code. An error prints its message, and its
 * stack when DEBUG is set.
 *
 * @param actions by name; a function loads its action on demand
 */
export async function runProgram(
  actions: Readonly<Record<string, Action | (() => Promise<Action>)>>,
): Promise<void> {
  const words = process.argv.slice(2);
  const name = [words.slice(0, 2).join(' '), words[0]].find((name) => Object.hasOwn(actions, name));
  const found = name === undefined ? undefined : actions[name];
  const args = words.slice(name?.split(' ').length);
  let running: Action | undefined;
  const terminal = new Terminal();
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Error('stopped'));
  const listening = onFirstSignal(() => {
    stop();
    terminal.print(running?.stopMessage ?? '');
  });
  // An output that cannot be written stops the command like Ctrl-C. A closed pipe (`… | head`) is no error.
  let outputError: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!['EPIPE', 'ERR_STREAM_DESTROYED'].includes(error.code ?? '')) outputError ??= error;
    stop();
  });
  process.stderr.on('error', () => undefined); // nowhere is left to report it
  // A child process stops when its parent has gone.
  if (process.channel) {
    process.on('disconnect', stop);
    process.channel.unref();
  }
  const report = (error: unknown): void => {
    const place = error instanceof Error ? placeInImported(error) : undefined;
    const message = `${error instanceof Error ? error.message : String(error)}${place ? `\n  at ${place}` : ''}`;
    console.error(process.env.DEBUG ? error : process.stderr.isTTY ? printable(message) : message);
    process.exitCode = 1;
  };
  try {
    if (!found) {
      const names = Object.keys(actions).join(', ');
      throw new Error(`${words[0] ?? 'no command'}: expected one of ${names}`);
    }
    running = typeof found === 'function' ? await found() : found;
    await listening;
    process.exitCode = (await running.run(args, terminal, controller.signal)) ?? 0;
  } catch (error) {
    if (isAbort(error, controller.signal)) process.exitCode = EXIT_INTERRUPTED;
    else report(error);
  }
  if (outputError) {
    report(
      new Error(
        `standard output: cannot write (${outputError.code}). Expected a file or terminal with space.`,
      ),
    );
  }
}

/** Whether an error only says that `signal` was aborted, and is not another failure while stopping. */
function isAbort(error: unknown, { aborted, reason }: AbortSignal): boolean {
  for (let cause = error; aborted && cause instanceof Error; cause = cause.cause) {
    if (cause === reason || cause.name === 'AbortError') return true;
  }
  return false;
}

/** Sends a message to the parent process, if there is one. */
export function sendToParent(message: object): void {
  if (process.connected) process.send!(message, undefined, undefined, () => undefined);
}

/** An Nx command line with shell quoting, for reports. By default with the arguments of this process. */
export function shellCommand(target: string, args: readonly string[] = process.argv.slice(3)): string {
  return ['npx nx run', target, ...(args.length > 0 ? ['--', ...args.map(shellQuote)] : [])].join(' ');
}

function shellQuote(arg: string): string {
  if (process.platform === 'win32') {
    // Double quotes, which cmd and PowerShell both take.
    return /^[\w./\\:=,+-]+$/.test(arg) ? arg : `"${arg.replaceAll('"', '\\"')}"`;
  }
  if (/^[\w./:=,+-]+$/.test(arg)) return arg;
  const escaped = arg.replaceAll("'", `'\\''`);
  return /[\n\t]/.test(arg)
    ? `$'${arg.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}'`
    : `'${escaped}'`;
}
