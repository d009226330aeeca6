// Builds tfjs-node's addon: extracts libtensorflow from a wheel, runs node-gyp, and checks a training step. Everything is built
// in a scratch folder and moved into the package when complete; if the check fails the previous files are restored.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingForGpu, RECEIPT, thisMachine } from '../backends/gpu.js';
import { addonOf, installedTensorFlow, type TensorFlowPackage } from '../backends/tensorflow.js';
import type { InstallCommand } from './command-line.js';
import { checkWheel, libraryBytes, extractLibraries } from './libtensorflow.js';
import { megabytes, Progress } from './progress.js';
import { checkCompiler, findHeaders, findNodeGyp, HEADERS_HELP } from './toolchain.js';
import { Wheel } from './wheel.js';

/** The record of an installation, written beside the libraries. */
export interface Receipt {
  readonly wheel: string;
  readonly tensorflow: string;
  readonly cuda: boolean;
  readonly node: string;
  readonly built: string;
}

const SCRATCH = '.lilformer-';

export function packageFor(gpu: boolean): TensorFlowPackage {
  return gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
}

/** The receipt in a package's folder, if readable. */
export function receiptIn(folder: string): Receipt | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'deps', RECEIPT), 'utf8')) as Receipt;
  } catch {
    return undefined;
  }
}

/** Builds, installs and checks the addon. @throws Error that says what to do; the package is then unchanged */
export async function install(command: InstallCommand, say: (line: string) => void): Promise<void> {
  const name = packageFor(command.gpu);
  const folder = installedTensorFlow(name);
  if (!folder) {
    throw new Error(`${name} is not installed here. Run npm i --ignore-scripts ${name}@4.22.0`);
  }
  if (process.platform !== 'linux') {
    throw new Error(
      `TensorFlow's wheels contain a library to link against on Linux only; this is ${process.platform}`,
    );
  }
  if (command.gpu && command.proof) {
    const missing = missingForGpu(thisMachine);
    if (missing) throw new Error(`${missing}. To build for another machine, use --no-proof`);
  }
  const present = receiptIn(folder);
  if (present && existsSync(addonOf(folder)) && isRequested(present, command)) {
    say(`already installed: TensorFlow ${present.tensorflow} from ${present.wheel} (--force rebuilds it)`);
    if (command.proof) say(proofInWords(prove(command.gpu)));
    return;
  }

  checkCompiler();
  const nodeGyp = findNodeGyp(process.cwd());
  await removeScratch(folder);
  const scratch = await mkdtemp(join(folder, SCRATCH));
  const interrupted = (): never => {
    rmSync(scratch, { recursive: true, force: true });
    process.exit(130);
  };
  const wait = (): void => undefined;
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const headers = await findHeaders(command.nodedir, process.cwd(), scratch);
    const file = command.wheel ?? (await fetchWheel(command, join(scratch, 'wheel'), say));
    const receipt = await unpack(file, command, scratch, say);
    await build(folder, scratch, nodeGyp, headers, say);
    // From here on signals are ignored, as this takes only a moment.
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted).on('SIGINT', wait).on('SIGTERM', wait);
    await place(folder, scratch, receipt, () => {
      if (command.proof) say(proofInWords(prove(command.gpu)));
    });
    say(
      `${name} has TensorFlow ${receipt.tensorflow}; use the engine ${command.gpu ? 'tensorflow-gpu' : 'tensorflow'}`,
    );
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted).off('SIGINT', wait).off('SIGTERM', wait);
    await rm(scratch, { recursive: true, force: true });
  }
}

function isRequested(present: Receipt, { wheel, tensorflow, gpu, force }: InstallCommand): boolean {
  return (
    !force &&
    (wheel === undefined || basename(wheel) === present.wheel) &&
    (tensorflow === undefined || tensorflow === present.tensorflow) &&
    (!gpu || present.cuda)
  );
}

/** Removes scratch folders of killed runs. */
async function removeScratch(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(SCRATCH)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Downloads a wheel with pip. */
async function fetchWheel(
  { python, gpu, tensorflow }: InstallCommand,
  folder: string,
  say: (line: string) => void,
): Promise<string> {
  const what = `${gpu || process.arch === 'arm64' ? 'tensorflow' : 'tensorflow-cpu'}${tensorflow ? `==${tensorflow}` : ''}`;
  say(`pip downloads ${what}, about ${gpu ? '600' : '270'} MB`);
  await mkdir(folder);
  const status = await run(
    python ?? 'python3',
    ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--dest', folder, what],
    folder,
  );
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (status !== 0 || !wheel) {
    throw new Error(
      `${python ?? 'python3'} -m pip could not download ${what}. Name a Python that TensorFlow has wheels for by ` +
        '--python PATH, or a local wheel by --wheel FILE',
    );
  }
  return join(folder, wheel);
}

async function unpack(
  file: string,
  { gpu }: InstallCommand,
  scratch: string,
  say: (line: string) => void,
): Promise<Receipt> {
  const wheel = await Wheel.open(resolve(file));
  try {
    const { cuda } = await checkWheel(wheel);
    if (gpu && !cuda) {
      throw new Error(
        `${basename(file)} is built without CUDA; expected a wheel of tensorflow, not of tensorflow-cpu`,
      );
    }
    const bytes = libraryBytes(wheel);
    const { bavail, bsize } = await statfs(scratch);
    if (bavail * bsize < bytes * 1.05) {
      throw new Error(`${scratch}: ${megabytes(bytes)} needed, ${megabytes(bavail * bsize)} free`);
    }
    say(
      `${basename(file)}: TensorFlow ${wheel.version}${cuda ? ' with CUDA' : ''}, libraries of ${megabytes(bytes)}`,
    );
    const progress = new Progress('extracting', bytes);
    const { headers } = await extractLibraries(wheel, join(scratch, 'deps'), (count) => progress.add(count));
    progress.end();
    say(`${headers} headers; sizes and hashes match the wheel's RECORD`);
    return {
      wheel: basename(file),
      tensorflow: wheel.version,
      cuda,
      node: process.version,
      built: new Date().toISOString(),
    };
  } finally {
    await wheel.close();
  }
}

/** Compiles the addon from the package's sources into `scratch/lib/napi-v8`. */
async function build(
  folder: string,
  scratch: string,
  nodeGyp: string,
  headers: string | undefined,
  say: (line: string) => void,
): Promise<void> {
  for (const name of ['binding', 'binding.gyp', 'package.json']) {
    await cp(join(folder, name), join(scratch, name), { recursive: true });
  }
  say(`node-gyp compiles the addon${headers ? ` with the headers in ${headers}` : ''}`);
  const target = addonOf(scratch);
  const options = [
    'rebuild',
    '--silent',
    ...(headers ? [`--nodedir=${headers}`] : []),
    '--module_name=tfjs_binding',
    `--module_path=${resolve(target, '..')}`,
    '--napi_build_version=8',
  ];
  const status = await run(process.execPath, [nodeGyp, ...options], scratch);
  if (status !== 0 || !existsSync(target)) {
    throw new Error(
      `node-gyp did not build the addon (exit ${status}); its output is above. ` +
        (headers ? 'The compiler must support C++17' : HEADERS_HELP),
    );
  }
}

/**
 * Moves the files built in `scratch` into the package, and restores the previous ones when `check` throws.
 * @throws what `check` throws
 */
export async function place(
  folder: string,
  scratch: string,
  receipt: Receipt,
  check: () => void,
): Promise<void> {
  // The addon is removed first and added last: it is never beside libraries that it was not built for.
  const parts = ['lib', 'deps'];
  for (const part of parts) {
    if (existsSync(join(folder, part))) await rename(join(folder, part), join(scratch, `old-${part}`));
  }
  for (const part of parts.toReversed()) await rename(join(scratch, part), join(folder, part));
  const temporary = join(scratch, RECEIPT);
  await writeFile(temporary, `${JSON.stringify(receipt, null, 2)}\n`, { flush: true });
  await rename(temporary, join(folder, 'deps', RECEIPT));
  try {
    check();
  } catch (error) {
    for (const part of parts) await rm(join(folder, part), { recursive: true, force: true });
    for (const part of parts.toReversed()) {
      const old = join(scratch, `old-${part}`);
      if (existsSync(old)) await rename(old, join(folder, part));
    }
    throw error;
  }
}

/** Result of the check. */
interface Proof {
  readonly engine: string;
  readonly loss: number;
  /** Largest difference from the cpu engine, relative to the largest element of the tensor. */
  readonly worst: number;
}

/** Runs prove.ts in a separate process. @throws Error with its output when it fails */
function prove(gpu: boolean): Proof {
  const program = fileURLToPath(new URL(`./prove${/\.\w+$/.exec(import.meta.url)![0]}`, import.meta.url));
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...process.execArgv, program, gpu ? 'tensorflow-gpu' : 'tensorflow'],
    { encoding: 'utf8', env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: gpu ? '0' : '2' } },
  );
  if (status !== 0) {
    throw new Error(
      `the training step failed (${signal ?? `exit ${status}`}):\n${stderr.trim() || stdout.trim()}`,
    );
  }
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Proof;
}

function proofInWords({ engine, loss, worst }: Proof): string {
  return `a training step on ${engine}: loss ${loss.toFixed(6)}, all within ${worst.toExponential(1)} of the cpu engine`;
}

function run(command: string, args: string[], cwd: string): Promise<number | null> {
  return new Promise((done, fail) => {
    spawn(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
      .once('error', (error) =>
        fail(new Error(`${command} does not start: ${error.message}`, { cause: error })),
      )
      .once('close', done);
  });
}
