// Announces the time of a long training.
import type { Terminal } from '@lilformer/command-line';
import { formatDuration } from '@lilformer/training';

/** Seconds from which a training is announced. */
const LONG = 600;

/**
 * A function for the estimates of the remaining seconds, one a step. It prints one that is long, once, after five steps or
 * twenty seconds: the first steps are slower than the others.
 */
export function timeNotice(terminal: Pick<Terminal, 'note'>): (eta: number | undefined) => void {
  const started = performance.now();
  let steps = 0;
  let printed = false;
  return (eta) => {
    if (eta === undefined || printed || (++steps < 5 && performance.now() - started < 20_000)) return;
    printed = true;
    if (eta > LONG) terminal.note(`Expected time: ${formatDuration(eta)}. Ctrl-C saves, for a later resume.`);
  };
}
