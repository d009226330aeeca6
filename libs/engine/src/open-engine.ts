// Chooses a TensorFlow.js backend and opens it.
import { registerGradients } from './autograd/gradients.js';
import { candidates, engineNames, type EngineName } from './candidates.js';
import { requestedOptions, type Precision, type RequestedOptions } from './requested-options.js';
import { kernelsBackend } from './kernels-backend/current.js';
import { tf } from './tf.js';
import { variable } from '#machine';

/** Options of `openEngine`. */
export interface EngineOptions {
  /** `'auto'` takes the first available engine. Default: `LILFORMER_ENGINE`, or `'auto'`. */
  engine?: 'auto' | EngineName;
  /** Number of threads. Default: `LILFORMER_THREADS`, or the available cores. cpu has one. */
  threads?: number;
  /**
   * `'bf16'` rounds the factors of matrix products to bfloat16, on native and wasm: twice as fast on processors with AVX512-BF16.
   * Elsewhere float32 is used, and `precision` of the engine says so. Default: `LILFORMER_PRECISION`, or `'float32'`.
   */
  precision?: Precision;
  /** Called with one line when `'auto'` falls back to a slower engine. Default: writes to standard error. */
  notify?: (line: string) => void;
}

/** An open engine. */
export interface Engine {
  readonly name: EngineName;
  /** Why it was chosen, for people. */
  readonly reason: string;
  /** Number of threads; undefined where the backend decides. */
  readonly threads: number | undefined;
  /** Precision of the factors of matrix products. */
  readonly precision: Precision;
  /** One line for people: `native (AVX-512 with bf16, 2 threads), first available`. */
  describe(): string;
}

type Candidate = (typeof candidates)[number];

const NAMES = Object.keys({
  engine: true,
  threads: true,
  precision: true,
  notify: true,
} satisfies Record<keyof EngineOptions, true>);

interface Current {
  readonly engine: Engine;
  readonly candidate: Candidate;
  readonly requested: RequestedOptions;
}

let current: Current | undefined;
const notified = new Set<string>();

/**
 * Opens a TensorFlow.js backend and makes it the one that all operations use.
 *
 * May be called again: `auto` keeps the open engine, a name switches to it, and new threads or precision are applied.
 *
 * @throws Error when the name is unknown, or when an engine requested by name is unavailable (there is no fallback);
 *   `cause` is the backend's error.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`${unknown}: unknown option. Expected one of ${NAMES.join(', ')}.`);
  const fromVariable = options.engine === undefined && Boolean(variable('LILFORMER_ENGINE'));
  const name = options.engine ?? variable('LILFORMER_ENGINE') ?? 'auto';
  const setting = fromVariable ? 'LILFORMER_ENGINE' : 'engine';
  const requested = requestedOptions(options);

  if (name !== 'auto') {
    const candidate = candidates.find((each) => each.name === name);
    if (!candidate) {
      throw new Error(`${setting} ${JSON.stringify(name)}: expected one of ${engineNames.join(', ')}`);
    }
    if (current?.candidate === candidate && isAsRequested(current, requested)) return current.engine;
    try {
      return await open(candidate, requested, `requested by ${setting}`);
    } catch (error) {
      throw new Error(
        `${setting} ${JSON.stringify(name)}: unavailable: ${message(error)}. ${candidate.help}`,
        { cause: error },
      );
    }
  }

  if (current && tf.getBackend() === current.candidate.backend) {
    if (isAsRequested(current, requested)) return current.engine;
    return open(current.candidate, requested, current.engine.reason);
  }
  const failures: string[] = [];
  for (const candidate of candidates) {
    if (!candidate.automatic()) continue;
    try {
      const engine = await open(candidate, requested, 'first available');
      if (failures.length > 0) {
        const line = `falling back to the engine ${engine.name} (slower): ${failures.join('; ')}`;
        notifyOnce(options.notify, line);
      }
      return engine;
    } catch (error) {
      failures.push(`${candidate.name} unavailable: ${message(error)}`);
    }
  }
  throw new Error(`no engine is available: ${failures.join('; ')}`);
}

function isAsRequested({ candidate, requested }: Current, { threads, precision }: RequestedOptions): boolean {
  return (
    tf.getBackend() === candidate.backend &&
    requested.threads === threads &&
    requested.precision === precision
  );
}

async function open(candidate: Candidate, requested: RequestedOptions, reason: string): Promise<Engine> {
  tf.enableProdMode(); // before the first tensor, or tfjs prints its banner and checks every result for NaN
  const { detail, threads, precision } = await candidate.load(requested);
  registerGradients(); // after loading, which may register others
  if (!(await tf.setBackend(candidate.backend))) {
    throw new Error(`TensorFlow.js cannot start ${candidate.backend}`);
  }
  await tf.ready();
  const backend = kernelsBackend();
  if (backend) backend.precision = precision;
  const details = [detail];
  if (precision === 'bf16') details.push('matrix products in bf16');
  else if (requested.precision === 'bf16') {
    details.push('float32: bf16 needs the engine native or wasm');
  }
  const engine: Engine = {
    name: candidate.name,
    reason,
    threads,
    precision,
    describe: () => `${candidate.name} (${details.join('; ')}), ${reason}`,
  };
  current = { engine, candidate, requested };
  return engine;
}

/** Writes a line only once per process. */
function notifyOnce(notify: (line: string) => void = (line) => console.warn(line), line: string): void {
  if (notified.has(line)) return;
  notified.add(line);
  notify(line);
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
