// How far a sweep has come, on one line: runs done, what each running one is at, tokens a second of all
// together, and when all will be done.
import { formatDuration, formatLoss, formatRate, type TrainingEvent } from '@lilformer/training';
import type { Settings } from './settings.js';
import type { Task } from './sweep-runs.js';

interface Entry {
  readonly name: string;
  /** How much computing the run takes, in arbitrary units. */
  readonly work: number;
  /** Share of it that was done before, and is now. */
  readonly before: number;
  share: number;
  state: 'waiting' | 'running' | 'ended';
  text: string;
  tokensPerSecond: number;
}

export class SweepProgress {
  readonly #entries: Map<Task, Entry>;
  readonly #start = performance.now();

  constructor(tasks: readonly Task[]) {
    this.#entries = new Map(
      tasks.map((task) => {
        const { settings, name } = task.run;
        const done = task.args === undefined;
        const share = done ? 1 : Math.min(1, settings.maxSteps > 0 ? task.step / settings.maxSteps : 0);
        const entry: Entry = {
          name,
          work: workOf(settings),
          before: share,
          share,
          state: done ? 'ended' : 'waiting',
          text: 'starts',
          tokensPerSecond: 0,
        };
        return [task, entry];
      }),
    );
  }

  started(task: Task): void {
    this.#entries.get(task)!.state = 'running';
  }

  ended(task: Task): void {
    const entry = this.#entries.get(task)!;
    entry.state = 'ended';
    entry.share = 1;
    entry.tokensPerSecond = 0;
  }

  told(task: Task, event: TrainingEvent): void {
    const entry = this.#entries.get(task)!;
    if (event.totalSteps) entry.share = event.step / event.totalSteps;
    if (event.type !== 'step') return;
    entry.tokensPerSecond = event.tokensPerSecond;
    const place = event.totalSteps === undefined ? `${event.step}` : `${event.step}/${event.totalSteps}`;
    entry.text = `${place} loss ${formatLoss(event.loss)}`;
  }

  /** Runs that have ended, of how many. */
  count(): string {
    const entries = [...this.#entries.values()];
    return `${entries.filter(({ state }) => state === 'ended').length}/${entries.length}`;
  }

  line(): string {
    const entries = [...this.#entries.values()];
    const running = entries.filter(({ state }) => state === 'running');
    const rate = running.reduce((sum, { tokensPerSecond }) => sum + tokensPerSecond, 0);
    const seconds = (performance.now() - this.#start) / 1000;
    const made = entries.reduce((sum, { work, share, before }) => sum + work * (share - before), 0);
    const left = entries.reduce((sum, { work, share }) => sum + work * (1 - share), 0);
    return [
      `${this.count()} done`,
      ...running.map(({ name, text }) => `${name}: ${text}`),
      `${formatRate(rate)} tok/s`,
      `eta ${made > 0 ? formatDuration((left / made) * seconds) : '-'}`,
    ].join(' | ');
  }
}

/** About how many multiplications a run's steps take; only ratios matter. */
function workOf(settings: Settings): number {
  const { dModel, dFf, layers, context, batchSize, accumulate, maxSteps, model } = settings;
  const blocks = model === 'bigram' ? 0 : layers;
  const perToken = blocks * (4 * dModel * dModel + 2 * dModel * dFf + 2 * context * dModel) + 500 * dModel;
  return perToken * context * batchSize * accumulate * Math.max(1, maxSteps);
}
