// Chooses a TensorFlow.js backend, opens it, and says which one and why. Leaves out the backends themselves.
import { candidates, type Candidate, type EngineName } from './candidates.js';
import { registerGradients } from './gradients.js';
import { tf } from './tf.js';

/** What `openEngine` takes. */
export interface EngineOptions {
  /** `'auto'` (the default) takes the first engine that opens. Without it the variable `LILFORMER_ENGINE` counts. */
  engine?: 'auto' | EngineName;
}

/** An open engine. */
export interface Engine {
  readonly name: EngineName;
  /** Why this one: asked for, or the first that opened, and what was tried before it. */
  readonly reason: string;
  /** One line for people: `wasm (WebAssembly with SIMD, one thread), the first that opened`. */
  describe(): string;
}

let current: Engine | undefined;

/**
 * Opens a TensorFlow.js backend and makes it the one that every operation uses.
 *
 * May be called again: `auto` then keeps the engine that is open, a name switches to that one.
 *
 * @throws Error when the name is unknown, or when an engine asked for by name does not open: never falls back
 *   silently. The message says what to do, `cause` is the backend's own error.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const fromVariable = options.engine === undefined && Boolean(process.env.LILFORMER_ENGINE);
  const wanted = options.engine ?? (process.env.LILFORMER_ENGINE || 'auto');
  const asker = fromVariable ? 'LILFORMER_ENGINE' : 'engine';

  if (wanted !== 'auto') {
    const candidate = candidates.find(({ name }) => name === wanted);
    if (!candidate) {
      const known = ['auto', ...candidates.map(({ name }) => name)].join(', ');
      throw new Error(`${asker} ${JSON.stringify(wanted)}: expected one of ${known}`);
    }
    if (current?.name === wanted && tf.getBackend() === wanted) return current;
    try {
      const detail = await open(candidate);
      return (current = engine(candidate.name, detail, `asked for (${asker})`));
    } catch (error) {
      throw new Error(
        `${asker} ${JSON.stringify(wanted)} does not open: ${message(error)}. To do: ${candidate.help}`,
        { cause: error },
      );
    }
  }

  if (current && tf.getBackend() === current.name) return current;
  const failures: string[] = [];
  for (const candidate of candidates) {
    try {
      const detail = await open(candidate);
      const reason = ['the first that opened', ...failures].join('; ');
      return (current = engine(candidate.name, detail, reason));
    } catch (error) {
      failures.push(`${candidate.name} did not: ${message(error)}`);
    }
  }
  throw new Error(`no engine opens here: ${failures.join('; ')}. To do: ${candidates[0].help}`);
}

async function open(candidate: Candidate): Promise<string> {
  tf.enableProdMode(); // before the first tensor, or tfjs prints its banner and checks every result for NaN
  registerGradients();
  const detail = await candidate.load();
  if (!(await tf.setBackend(candidate.name))) throw new Error(`TensorFlow.js cannot start ${candidate.name}`);
  await tf.ready();
  return detail;
}

function engine(name: EngineName, detail: string, reason: string): Engine {
  return { name, reason, describe: () => `${name} (${detail}), ${reason}` };
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
