// Chooses a TensorFlow.js backend, opens it, and says which one and why. Leaves out the backends themselves.
import { candidates, engineNames, type Candidate, type EngineName, type Opened } from './candidates.js';
import { registerGradients } from './gradients.js';
import { tf } from './tf.js';
import { wishesFrom, type Precision, type Wishes } from './wishes.js';

/** What `openEngine` takes. */
export interface EngineOptions {
  /** `'auto'` (the default) takes the first engine that opens. Without it the variable `LILFORMER_ENGINE` counts. */
  engine?: 'auto' | EngineName;
  /** Threads to compute with; without it `LILFORMER_THREADS`, or the cores at hand. wasm and cpu have one. */
  threads?: number;
  /**
   * `'bf16'` rounds the factors of matrix products to bfloat16, twice as fast where the processor has AVX512-BF16
   * and the engine is native; elsewhere float32 is used, and `describe()` says so. Without it
   * `LILFORMER_PRECISION`, or `'float32'`.
   */
  precision?: Precision;
  /** Is told, in one line, when `'auto'` could not take a faster engine; the default writes to standard error. */
  notify?: (line: string) => void;
}

/** An open engine. */
export interface Engine {
  readonly name: EngineName;
  /** Why this one: asked for, or the first that opened. */
  readonly reason: string;
  /** What matrix products are computed in. */
  readonly precision: Precision;
  /** One line for people: `native (AVX-512 with bf16, 2 threads), the first that opened`. */
  describe(): string;
}

interface Open {
  readonly engine: Engine;
  readonly candidate: KnownCandidate;
  readonly wishes: Wishes;
}

type KnownCandidate = Candidate & { readonly name: EngineName };

const all: readonly KnownCandidate[] = candidates;
let current: Open | undefined;
const told = new Set<string>();

/**
 * Opens a TensorFlow.js backend and makes it the one that every operation uses.
 *
 * May be called again: `auto` then keeps the engine that is open, a name switches to that one, other threads or
 * another precision than before are applied.
 *
 * @throws Error when the name is unknown, or when an engine asked for by name does not open: never falls back
 *   silently. The message says what to do, `cause` is the backend's own error.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const fromVariable = options.engine === undefined && Boolean(process.env.LILFORMER_ENGINE);
  const wanted = options.engine ?? (process.env.LILFORMER_ENGINE || 'auto');
  const asker = fromVariable ? 'LILFORMER_ENGINE' : 'engine';
  const wishes = wishesFrom(options);

  if (wanted !== 'auto') {
    const candidate = all.find(({ name }) => name === wanted);
    if (!candidate) {
      throw new Error(`${asker} ${JSON.stringify(wanted)}: expected one of ${engineNames.join(', ')}`);
    }
    if (current?.candidate === candidate && isAsWished(current, wishes)) return current.engine;
    try {
      return await open(candidate, wishes, `asked for (${asker})`);
    } catch (error) {
      throw new Error(
        `${asker} ${JSON.stringify(wanted)} does not open: ${message(error)}. To do: ${candidate.help}`,
        { cause: error },
      );
    }
  }

  if (current && tf.getBackend() === current.candidate.backend) {
    return isAsWished(current, wishes)
      ? current.engine
      : open(current.candidate, wishes, current.engine.reason);
  }
  const failures: string[] = [];
  for (const candidate of all) {
    if (!candidate.automatic()) continue;
    try {
      const engine = await open(candidate, wishes, 'the first that opened');
      if (failures.length > 0)
        tell(options.notify, `engine ${engine.name}, which is slower: ${failures.join('; ')}`);
      return engine;
    } catch (error) {
      failures.push(`${candidate.name} does not open (${message(error)})`);
    }
  }
  throw new Error(`no engine opens here: ${failures.join('; ')}. To do: ${all[0].help}`);
}

function isAsWished({ candidate, wishes }: Open, { threads, precision }: Wishes): boolean {
  return (
    tf.getBackend() === candidate.backend && wishes.threads === threads && wishes.precision === precision
  );
}

async function open(candidate: KnownCandidate, wishes: Wishes, reason: string): Promise<Engine> {
  tf.enableProdMode(); // before the first tensor, or tfjs prints its banner and checks every result for NaN
  const opened = await candidate.load(wishes);
  registerGradients(); // after loading, which may register others
  if (!(await tf.setBackend(candidate.backend))) {
    throw new Error(`TensorFlow.js cannot start ${candidate.backend}`);
  }
  await tf.ready();
  const detail = [opened.detail, ...aboutPrecision(opened, wishes)].join('; ');
  const engine: Engine = {
    name: candidate.name,
    reason,
    precision: opened.bf16 ? 'bf16' : 'float32',
    describe: () => `${candidate.name} (${detail}), ${reason}`,
  };
  current = { engine, candidate, wishes };
  return engine;
}

function aboutPrecision({ bf16 }: Opened, { precision }: Wishes): string[] {
  if (precision === 'float32') return [];
  return bf16
    ? ['matrix products in bf16']
    : ['float32, since bf16 takes the engine native and a processor with AVX512-BF16'];
}

/** Says a line once: a program that opens the engine in many places does not want it many times. */
function tell(notify: (line: string) => void = (line) => console.warn(line), line: string): void {
  if (told.has(line)) return;
  told.add(line);
  notify(line);
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
