// The progress of a sweep as one line: runs done, the state of the running ones, tokens per second and remaining time.
import { formatDuration, formatLoss, formatRate, type TrainingEvent } from '@lilformer/training';
import { modelConfigOf } from '../settings/settings.js';
import type { Task } from './sweep-runs.js';
import { trainingFlopsPerToken } from './training-flops.js';

interface Entry {
  readonly name: string;
  /** Cost of the whole run, in arbitrary units. */
  readonly work: number;
  /** Share of the steps that earlier sessions made. */
  readonly earlier: number;
  /** Share of the steps so far. */
  share: number;
  state: 'waiting' | 'running' | 'ended';
  text: string;
  tokensPerSecond: number;
}

export class SweepProgress {
  readonly #entries: ReadonlyMap<Task, Entry>;
  readonly #start = performance.now();

  constructor(tasks: readonly Task[]) {
    this.#entries = new Map(
      tasks.map((task): [Task, Entry] => {
        const { name, settings } = task.run;
        const { maxSteps } = settings;
        const done = task.args === undefined;
        const share = done ? 1 : Math.min(1, maxSteps > 0 ? task.step / maxSteps : 0);
        const state = done ? 'ended' : 'waiting';
        const work = workOf(task);
        return [task, { name, work, earlier: share, share, state, text: 'starts', tokensPerSecond: 0 }];
      }),
    );
  }

  started(task: Task): void {
    this.#entries.get(task)!.state = 'running';
  }

  ended(task: Task): void {
    Object.assign(this.#entries.get(task)!, { state: 'ended', share: 1, tokensPerSecond: 0 });
  }

  observe(task: Task, event: TrainingEvent): void {
    const entry = this.#entries.get(task)!;
    const { step, totalSteps } = event;
    if (totalSteps) entry.share = step / totalSteps;
    if (event.type !== 'step') return;
    entry.tokensPerSecond = event.tokensPerSecond;
    entry.text = `${totalSteps === undefined ? step : `${step}/${totalSteps}`} loss ${formatLoss(event.loss)}`;
  }

  /** Ended runs out of all. */
  count(): string {
    const entries = [...this.#entries.values()];
    return `${entries.filter(({ state }) => state === 'ended').length}/${entries.length}`;
  }

  /** Remaining seconds; undefined before the first step. */
  eta(): number | undefined {
    const seconds = (performance.now() - this.#start) / 1000;
    const done = this.#sum(({ work, share, earlier }) => work * (share - earlier));
    const left = this.#sum(({ work, share }) => work * (1 - share));
    return done > 0 ? (left / done) * seconds : undefined;
  }

  line(): string {
    const running = [...this.#entries.values()].filter(({ state }) => state === 'running');
    return [
      `${this.count()} done`,
      ...running.map(({ name, text }) => `${name}: ${text}`),
      `${formatRate(this.#sum(({ tokensPerSecond }) => tokensPerSecond))} tok/s`,
      `eta ${formatDuration(this.eta() ?? Infinity)}`,
    ].join(' | ');
  }

  #sum(value: (entry: Entry) => number): number {
    return [...this.#entries.values()].reduce((total, entry) => total + value(entry), 0);
  }
}

function workOf({ run: { settings } }: Task): number {
  const { contextLength, batchSize, gradientAccumulationSteps, maxSteps, vocabSize = 100 } = settings;
  const perToken = trainingFlopsPerToken(modelConfigOf(settings, vocabSize), contextLength) ?? 1;
  return perToken * contextLength * batchSize * gradientAccumulationSteps * Math.max(1, maxSteps);
}
