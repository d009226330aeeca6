// A program of several commands: `main.ts COMMAND --flags`. Ctrl-C asks the command to stop; a second Ctrl-C exits at once.
import { z } from 'zod';
import { completionScript, shells } from './completion.js';
import type { Command } from './flags/command.js';
import { didYouMean } from './flags/nearest-name.js';
import { helpEntry, helpText } from './flags/help.js';
import { outputMode } from './flags/output-flags.js';
import { importModules, placeInImported } from './import-modules.js';
import { onFirstSignal } from './first-signal.js';
import { printable } from './output/printable.js';
import { Terminal } from './output/terminal.js';

/** The exit code after Ctrl-C: 128 + SIGINT, as in shells. */
export const EXIT_INTERRUPTED = 130;
/** The exit code of a command line that is wrong. */
const EXIT_USAGE = 2;

/** A command line that is wrong. */
class UsageError extends Error {}

/** A command with its implementation. */
interface Action {
  schema(): z.ZodObject;
  readonly stopMessage: string;
  run(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> | Promise<void>;
}

/**
 * Binds a command to the function that runs it with the values of its flags; `--help` and `-h` print the help instead.
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
    schema: () => command.schema(),
    stopMessage,
    async run(args, terminal, signal) {
      await importModules(args);
      const [flags, help] = parsed(() => {
        const flags = command.parse(args);
        const others = args.filter((arg) => arg !== '--help' && arg !== '-h');
        return flags === undefined ? [undefined, command.help(others)] : [flags, ''];
      });
      if (flags !== undefined) return (await run(flags, terminal, signal)) ?? 0;
      terminal.print(help);
      return 0;
    },
  };
}

/** @throws UsageError for an error of `parse` */
function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** The program in help and errors. */
interface ProgramDescription {
  readonly name: string;
  readonly version: string;
  /** What the program does, in a sentence. */
  readonly summary: string;
  /** What each command does, in a phrase. */
  readonly commands: Readonly<Record<string, string>>;
}

type Actions = Readonly<Record<string, Action | (() => Promise<Action>)>>;

/**
 * Runs the command named by the first argument of the process, or by the first two, and sets the exit code. An error prints its message, and its
 * stack when DEBUG is set. Exit codes: 0, 1 after a failure, 2 for a wrong command line, 130 after Ctrl-C.
 *
 * @param actions by name; a function loads its action on demand
 * @param description what `--help` and `--version` print when no command is named
 */
export async function runProgram(actions: Actions, description?: ProgramDescription): Promise<void> {
  if (description) actions = { ...actions, completion: completion(description, actions) };
  const words = process.argv.slice(2);
  const name = [words.slice(0, 2).join(' '), words[0]].find((name) => Object.hasOwn(actions, name));
  const found = name === undefined ? undefined : actions[name];
  const args = words.slice(name?.split(' ').length);
  let running: Action | undefined;
  const terminal = new Terminal(process.stdout, outputMode(args));
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Error('stopped'));
  const listening = onFirstSignal(() => {
    stop();
    terminal.note(running?.stopMessage ?? '');
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
    // An error that begins with a flag is about the command line, also where it is found late.
    process.exitCode = error instanceof UsageError || /^--[a-z]/.test(message) ? EXIT_USAGE : 1;
  };
  try {
    if (!found) {
      const [word] = words;
      const names = Object.keys(actions);
      if (description && (word === undefined || ['--help', '-h', '--version'].includes(word))) {
        terminal.print(word === '--version' ? description.version : overview(description));
      } else {
        const suggestion = word === undefined ? '' : didYouMean(word, names);
        throw new UsageError(`${word ?? 'no command'}: expected one of ${names.join(', ')}.${suggestion}`);
      }
      await listening;
      return;
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

/** `completion SHELL`: prints the script that completes the program in a shell. */
function completion(program: ProgramDescription, actions: Actions): Action {
  const usage = `Prints the completion script of a shell: ${shells.join(', ')}.

  source <(${program.name} completion bash)
  source <(${program.name} completion zsh)
  ${program.name} completion fish | source`;
  return {
    schema: () => z.object({}),
    stopMessage: '',
    async run([typed], terminal) {
      const shell = shells.find((name) => name === typed);
      if (typed === '--help' || typed === '-h') return terminal.print(usage);
      if (!shell) {
        throw new UsageError(`completion: ${typed ?? 'no shell'}. Expected one of ${shells.join(', ')}.`);
      }
      const commands = await Promise.all(
        Object.entries(actions).map(async ([name, found]) => {
          const { schema } = typeof found === 'function' ? await found() : found;
          return { name, about: program.commands[name] ?? '', schema: schema() };
        }),
      );
      terminal.write(completionScript(shell, program.name, commands));
    },
  };
}

function overview({ name, summary, commands }: ProgramDescription): string {
  return [
    ...helpText(summary),
    '',
    `  npx ${name} COMMAND --flags`,
    `  npx ${name} COMMAND --help`,
    '',
    'Commands:',
    ...Object.entries(commands).flatMap(([command, about]) => helpEntry(command, about)),
    ...helpEntry('completion', `completes commands and flags in ${shells.join(', ')}`),
  ].join('\n');
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

/**
 * The command line of a command of lilformer, or of a target of Nx such as `results:make`, with shell quoting. By default with
 * the arguments of this process.
 */
export function shellCommand(
  command: string,
  args: readonly string[] = process.argv.slice(2 + command.split(' ').length),
): string {
  const quoted = args.map(shellQuote);
  if (!command.includes(':')) return ['npx lilformer', command, ...quoted].join(' ');
  return ['npx nx run', command, ...(args.length > 0 ? ['--', ...quoted] : [])].join(' ');
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
