// Runs a list of measurements round by round, one process at a time, so that what changes on the machine hits all
// contestants alike. Says how far it is, goes on when one fails, and stops with what it has on Ctrl-C. Leaves out
// what is measured and how it is shown.
import { formatDuration } from '@lilformer/training';

/** One measurement of each round. */
export interface Entry {
  /** What is measured: `evolution-gpt`. */
  readonly subject: string;
  /** By whom: `eager`. */
  readonly contestant: string;
  /** Measures once and keeps the result. */
  run(signal: AbortSignal): Promise<void>;
}

/** How a race went. */
export interface RaceOutcome {
  /** Why an entry did not run to its end, by `subject: contestant`; it was not tried again. */
  readonly failures: Record<string, string>;
  /** Rounds that are complete. */
  readonly rounds: number;
  /** It was stopped from outside. */
  readonly interrupted: boolean;
}

/**
 * Runs all entries in every round.
 * @param afterRound gets how it went so far: a place to keep results that a killed race should not lose
 */
export async function race(
  entries: readonly Entry[],
  rounds: number,
  afterRound?: (sofar: RaceOutcome) => Promise<void>,
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
      for (const [place, entry] of entries.entries()) {
        const name = `${entry.subject}: ${entry.contestant}`;
        if (failures[name] !== undefined) continue;
        const left = [...entries.slice(place), ...repeated(entries, rounds - round)].filter(
          ({ subject, contestant }) => failures[`${subject}: ${contestant}`] === undefined,
        );
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

/** Seconds that entries will take, judged by those that were run; undefined before the first. */
export function remaining(left: readonly Entry[], seconds: ReadonlyMap<Entry, number>): number | undefined {
  if (seconds.size === 0) return undefined;
  const mean = [...seconds.values()].reduce((sum, value) => sum + value, 0) / seconds.size;
  return left.reduce((sum, entry) => sum + (seconds.get(entry) ?? mean), 0);
}

function repeated<T>(items: readonly T[], count: number): T[] {
  return Array.from({ length: count }, () => items).flat();
}

/** One line on stderr, rewritten in place on a terminal. */
function say(line: string, stays = false): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}${stays ? '\n' : ''}`);
  else if (line) process.stderr.write(`${line}\n`);
}
