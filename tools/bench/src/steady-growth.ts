// Tells a process that grows from one that breathes. Leaves out the watching.

/** What was in use after a step; bytes but for the number of tensors. */
export interface Sample {
  readonly step: number;
  /** Memory of the whole process. */
  readonly resident: number;
  readonly heap: number;
  readonly tensors: number;
  readonly tensorBytes: number;
  /** Held by the engine's pool, used or waiting; undefined where there is none. */
  readonly pool: number | undefined;
}

/** How much more than in the first third the pool may hold: how many rows an expert gets differs from step to step. */
const POOL_TOLERANCE = 0.1;

/**
 * What has grown since the first sample, in words; nothing when all is flat.
 *
 * The process breathes as JavaScript's garbage comes and goes, so its level is the least of a third of the samples,
 * and the last third's is compared with the first's. The pool's largest of a third may be a tenth larger. Tensors may
 * not grow at all.
 *
 * @param tolerance bytes that the process may have grown
 */
export function growth(samples: readonly Sample[], tolerance: number): string[] {
  const grown: string[] = [];
  const [first] = samples;
  for (const name of ['tensors', 'tensorBytes'] as const) {
    const worst = samples.find((sample) => sample[name] > first[name]);
    if (worst)
      grown.push(`${name}: ${first[name]} at step ${first.step}, ${worst[name]} at step ${worst.step}`);
  }
  const third = Math.ceil(samples.length / 3);
  const [early, late] = [samples.slice(0, third), samples.slice(-third)];
  const mega = (bytes: number): string => (bytes / 1e6).toFixed(1);
  const compare = (
    what: string,
    level: (some: readonly Sample[]) => number,
    allowed: (early: number) => number,
  ): void => {
    const [before, after] = [level(early), level(late)];
    if (after - before <= allowed(before)) return;
    grown.push(
      `${what}: ${mega(before)} MB at first, ${mega(after)} MB at last, tolerance ${mega(allowed(before))} MB`,
    );
  };
  compare(
    'pool',
    (some) => Math.max(...some.map(({ pool }) => pool ?? 0)),
    (early) => early * POOL_TOLERANCE,
  );
  compare(
    'process',
    (some) => Math.min(...some.map(({ resident }) => resident)),
    () => tolerance,
  );
  return grown;
}
