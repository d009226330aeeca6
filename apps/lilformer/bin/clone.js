// Runs the command from the TypeScript sources of a clone of the repository. Builds the native engine first, when it is missing
// or older than its sources.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

const native = fileURLToPath(new URL('../../../libs/native/', import.meta.url));

/** Resolves the libraries to their sources. */
const conditions = `export function resolve(specifier, context, next) {
  return next(specifier, { ...context, conditions: ['@lilformer/source', ...context.conditions] });
}`;

/** Imports a TypeScript module, with the libraries' sources. */
export async function runSources(main) {
  if (needsEngine(process.argv.slice(2), process.env) && isStale() && hasCargo()) {
    const code = await build();
    if (code !== 0) process.exit(code);
  }
  const tsx = await import('tsx/esm/api');
  tsx.register();
  register(`data:text/javascript,${encodeURIComponent(conditions)}`);
  // The processes that a sweep starts, which get these arguments, run sources as well.
  process.execArgv.push('--conditions=@lilformer/source', '--import', import.meta.resolve('tsx'));
  await import(main.href);
}

/** Whether a command may run on the native engine of this clone. */
export function needsEngine(args, { LILFORMER_ENGINE = 'auto', LILFORMER_NATIVE_LIBRARY }) {
  if (LILFORMER_NATIVE_LIBRARY || args.length === 0 || args[0] === 'completion') return false;
  if (args.some((arg) => ['--help', '-h', '--version'].includes(arg))) return false;
  const typed = args.flatMap((arg, i) =>
    arg === '--engine' ? args.slice(i + 1, i + 2) : arg.startsWith('--engine=') ? arg.slice(9) : [],
  );
  return ['auto', 'native'].includes(typed.at(-1) ?? LILFORMER_ENGINE);
}

/** Whether the native addon is missing, or older than its sources. */
function isStale() {
  const time = (path) => statSync(native + path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const built = time('build/lilformer-native.node');
  const sources = readdirSync(`${native}rust`, { recursive: true }).map((path) => `rust/${path}`);
  return ['Cargo.toml', 'Cargo.lock', 'build.rs', ...sources].some((path) => time(path) > built);
}

function hasCargo() {
  return spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Builds the addon, with the output of cargo on stderr; resolves to the exit code of a build that was stopped, or 0.
 *
 * @param script the program that builds it
 */
export function build(script = `${native}scripts/build-library.mjs`) {
  console.error(
    'Building the native engine with cargo: once, one to three minutes. To skip it, use --engine wasm, which is slower.',
  );
  // A group of its own, so that a signal ends cargo and its compilers as well. On Windows Ctrl-C reaches all of them.
  const hasGroup = process.platform !== 'win32';
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 2, 2], detached: hasGroup });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  let stopped = false;
  const stop = () => {
    if (!stopped) process.kill(hasGroup ? -child.pid : child.pid, 'SIGKILL');
    stopped = true;
  };
  for (const signal of signals) process.on(signal, stop);
  return new Promise((resolve) => {
    const end = (code) => {
      for (const signal of signals) process.removeListener(signal, stop);
      if (process.stderr.isTTY) process.stderr.write('\x1b[?25h'); // the cursor, whatever cargo did
      if (stopped) console.error('Stopped. The next command builds it again.');
      else if (code !== 0) console.error('The native engine could not be built. Continuing without it.');
      resolve(stopped ? 130 : 0);
    };
    child.on('error', () => end(1));
    child.on('close', end);
  });
}
