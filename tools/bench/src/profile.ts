// Where the time of a stretch of work goes: every kernel of the engine and every native call is timed, told apart by
// the phase it runs in and the sizes it runs on; what is left of a phase is JavaScript. Leaves out printing.
import { tf } from '@lilformer/engine';
import { workOf, type Work } from './kernel-work.js';

/** Calls of one function on one set of sizes in one phase. */
export interface ProfileRow {
  readonly phase: string;
  /** `native:linearForward` or `tf:MatMul`. */
  readonly operation: string;
  /** What tells calls apart: the shapes of tensors, or what a native call was told. */
  readonly sizes: string;
  calls: number;
  /** Time inside, without calls of other timed functions. */
  ms: number;
  /** Floating-point operations of matrix products, and bytes of arrays, of all calls; unknown of tfjs's kernels. */
  flops: number;
  bytes: number;
}

/** All time of a stretch of work. */
export interface Profile {
  readonly rows: ProfileRow[];
  /** Time of each phase from its begin to the next, all calls included. */
  readonly phases: Map<string, number>;
}

/** A backend that lends its native functions. */
interface WithKernels {
  kernels: Record<string, unknown>;
}

/** Times what is called while it is recording. Stays in place as long as the process lives. */
export class Profiler {
  #rows = new Map<string, ProfileRow>();
  #phases = new Map<string, number>();
  #phase: string | undefined;
  #phaseBegan = 0;
  /** For each timed call that is running, the time spent in timed calls inside of it. */
  readonly #inside: number[] = [];

  /** Puts timers around the kernels of the engine that is open, and around its native functions if it has any. */
  constructor() {
    const backend = tf.backend() as Partial<WithKernels>;
    if (backend.kernels) backend.kernels = this.#wrapped(backend.kernels);
    const name = tf.getBackend();
    for (const kernel of tf.getKernelsForBackend(name)) {
      tf.unregisterKernel(kernel.kernelName, name);
      tf.registerKernel({
        ...kernel,
        kernelFunc: (given) =>
          this.#time(
            `tf:${kernel.kernelName}`,
            () => ({ sizes: shapesOf(given.inputs), flops: 0, bytes: 0 }),
            () => kernel.kernelFunc(given),
          ),
      });
    }
  }

  /** Goes on in a phase of this name; before the first, nothing is recorded. */
  phase(name: string): void {
    this.#close();
    this.#phase = name;
    this.#phaseBegan = performance.now();
  }

  /** Ends the recording and gives what was recorded; the next one starts empty. */
  take(): Profile {
    this.#close();
    this.#phase = undefined;
    const profile = { rows: [...this.#rows.values()], phases: this.#phases };
    this.#rows = new Map();
    this.#phases = new Map();
    return profile;
  }

  #close(): void {
    if (this.#phase === undefined) return;
    const ms = performance.now() - this.#phaseBegan;
    this.#phases.set(this.#phase, (this.#phases.get(this.#phase) ?? 0) + ms);
  }

  /** The functions of an object, each with a timer; whatever else it has, as it is. */
  #wrapped(kernels: Record<string, unknown>): Record<string, unknown> {
    const timed = new Map<string, unknown>();
    // Not a proxy of the functions' own object: its properties may be fixed, and then a proxy must not change them.
    return new Proxy<Record<string, unknown>>(
      {},
      {
        get: (_, name: string) => {
          const value = kernels[name];
          if (typeof value !== 'function') return value;
          let wrapper = timed.get(name);
          if (wrapper === undefined) {
            wrapper = (...given: unknown[]) =>
              this.#time(
                `native:${name}`,
                () => workOf(name, given),
                () => value.apply(kernels, given) as unknown,
              );
            timed.set(name, wrapper);
          }
          return wrapper;
        },
      },
    );
  }

  #time<Result>(operation: string, describe: () => Work, work: () => Result): Result {
    const phase = this.#phase;
    if (phase === undefined) return work();
    this.#inside.push(0);
    const began = performance.now();
    try {
      return work();
    } finally {
      const whole = performance.now() - began;
      const inside = this.#inside.pop()!;
      if (this.#inside.length > 0) this.#inside[this.#inside.length - 1] += whole;
      const { sizes, flops, bytes } = describe();
      const key = `${phase} ${operation} ${sizes}`;
      const row = this.#rows.get(key) ?? { phase, operation, sizes, calls: 0, ms: 0, flops: 0, bytes: 0 };
      row.calls++;
      row.ms += whole - inside;
      row.flops += flops;
      row.bytes += bytes;
      this.#rows.set(key, row);
    }
  }
}

/** Milliseconds of a phase outside of all timed functions: JavaScript. */
export function outside({ rows, phases }: Profile, phase: string): number {
  const inside = rows.filter((row) => row.phase === phase).reduce((sum, { ms }) => sum + ms, 0);
  return Math.max(0, (phases.get(phase) ?? 0) - inside);
}

/** All of it, in milliseconds. */
export function total({ phases }: Profile): number {
  return [...phases.values()].reduce((sum, ms) => sum + ms, 0);
}

function shapesOf(inputs: object): string {
  const shapes: string[] = [];
  for (const input of Object.values(inputs) as (tf.TensorInfo | undefined)[]) {
    if (input?.shape) shapes.push(input.shape.join('×') || 'scalar');
  }
  return shapes.join(' ');
}
