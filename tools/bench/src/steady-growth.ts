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

/**
 * What has grown since the first sample, in words; nothing when all is flat.
 *
 * The process breathes as JavaScript's garbage comes and goes, so its level is the least of a third of the samples,
 * and the last third's is compared with the first's. Tensors and the pool do not: none may be above the first sample.
 *
 * @param tolerance bytes that the process may have grown
 */
export function growth(samples: readonly Sample[], tolerance: number): string[] {
  const grown: string[] = [];
  const [first] = samples;
  for (const name of ['tensors', 'tensorBytes', 'pool'] as const) {
    const before = first[name];
    const worst = samples.find((sample) => (sample[name] ?? 0) > (before ?? 0));
    if (worst) grown.push(`${name}: ${before} at step ${first.step}, ${worst[name]} at step ${worst.step}`);
  }
  const third = Math.ceil(samples.length / 3);
  const level = (some: readonly Sample[]): number => Math.min(...some.map(({ resident }) => resident));
  const [early, late] = [level(samples.slice(0, third)), level(samples.slice(-third))];
  if (late - early > tolerance) {
    const mega = (bytes: number): string => (bytes / 1e6).toFixed(1);
    grown.push(
      `process: ${mega(early)} MB at first, ${mega(late)} MB at last, tolerance ${mega(tolerance)} MB`,
    );
  }
  return grown;
}
