// Runs measurements round by round, one process at a time, so that changes on the machine affect all contestants alike.
// A failed entry is not retried; Ctrl-C stops with the results so far.
import { formatDuration } from '@lilformer/training';

/** One measurement of each round. */
export interface Entry {
  /** `evolution-gpt` */
  readonly subject: string;
  /** `eager` */
  readonly contestant: string;
  /** Measures once and stores the result. */
  run(signal: AbortSignal): Promise<void>;
}

export interface RaceOutcome {
  /** Error message by `subject: contestant`. */
  readonly failures: Record<string, string>;
  /** Complete rounds. */
  readonly rounds: number;
  /** Stopped by a signal. */
  readonly interrupted: boolean;
}

/** Runs all entries in every round; `afterRound` is called after every round but the last, to save results. */
export async function race(
  entries: readonly Entry[],
  rounds: number,
  afterRound?: (soFar: RaceOutcome) => Promise<void>,
): Promise<RaceOutcome> {
  const failures: Record<string, string> = {};
  const seconds = new Map<Entry, number>();
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  let done = 0;
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const [i, entry] of entries.entries()) {
        const name = `${entry.subject}: ${entry.contestant}`;
        if (failures[name] !== undefined) continue;
        const left = [
          ...entries.slice(i),
          ...Array.from({ length: rounds - round }, () => entries).flat(),
        ].filter(({ subject, contestant }) => failures[`${subject}: ${contestant}`] === undefined);
        const eta = remaining(left, seconds);
        say(
          `round ${round}/${rounds} | ${entry.subject} | ${entry.contestant} | ` +
            `eta ${eta === undefined ? '…' : formatDuration(eta)}`,
        );
        const started = performance.now();
        try {
          await entry.run(stop.signal);
        } catch (error) {
          if (stop.signal.aborted) return { failures, rounds: done, interrupted: true };
          failures[name] = error instanceof Error ? error.message : String(error);
          say(`${name} failed: ${failures[name]}`, true);
        }
        seconds.set(entry, (performance.now() - started) / 1000);
      }
      done = round;
      if (round < rounds) await afterRound?.({ failures, rounds: done, interrupted: true });
    }
    return { failures, rounds: done, interrupted: false };
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    say('');
  }
}

/** Estimated seconds of entries, by their last runs or the mean of all; undefined before the first run. */
export function remaining(left: readonly Entry[], seconds: ReadonlyMap<Entry, number>): number | undefined {
  if (seconds.size === 0) return undefined;
  const mean = [...seconds.values()].reduce((sum, value) => sum + value, 0) / seconds.size;
  return left.reduce((sum, entry) => sum + (seconds.get(entry) ?? mean), 0);
}

/** Prints a line on stderr, rewritten in place on a terminal unless `keep`. */
function say(line: string, keep = false): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}${keep ? '\n' : ''}`);
  else if (line) process.stderr.write(`${line}\n`);
}
