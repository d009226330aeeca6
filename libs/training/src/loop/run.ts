// The state of a run in memory, and its saving and restoring as one unit.
import type { NamedArray } from '@lilformer/checkpoints';
import { type Batches, type BatchState, batches } from '@lilformer/datasets';
import { tf, type Precision } from '@lilformer/engine';
import { Dropout, type Module, type Parameter } from '@lilformer/layers';
import { checkState } from './check-state.js';
import { RunClock } from './clock.js';
import { EarlyStopping, type EarlyStoppingState } from '../optimization/early-stopping.js';
import type { DoneEvent } from '../events.js';
import { NotFiniteError } from './not-finite.js';
import { createOptimizer, type Optimizer } from '../optimization/optimizer.js';
import type { CheckedOptions } from './options.js';
import { createSchedule, type Schedule, type ScheduleState } from '../optimization/schedules.js';

/** The state of a run except its arrays, as plain JSON. */
interface RunState {
  readonly format: 2;
  readonly step: number;
  readonly tokens: number;
  readonly elapsed: number;
  readonly seed: number | string;
  readonly batches: BatchState;
  readonly schedule: ScheduleState;
  readonly optimizer: string;
  readonly earlyStopping: EarlyStoppingState;
  /** Sum over tokens of the training loss since the last evaluation, and the number of those tokens. */
  readonly trainLoss: { readonly sum: number; readonly tokens: number };
  /** The evaluation after this step has not been made yet. */
  readonly evaluationDue: boolean;
  /** Training forward passes of each dropout layer by name: with its seed, the state of its generator. */
  readonly dropout: Readonly<Record<string, number>>;
  readonly engine: string;
  readonly precision: Precision;
  /** For information only. */
  readonly versions: { readonly node?: string; readonly tfjs: string };
}

const FORMAT = 2;
/** Prefixes of array names in the saved state. */
const MODEL = 'model.';
const OPTIMIZER = 'optimizer.';

/** Everything of a run that changes during training. */
export class Run {
  step = 0;
  tokens = 0;
  trainLoss = { sum: 0, tokens: 0 };
  evaluationDue: boolean;
  /** Reasons why a resumed run may differ from an uninterrupted one. */
  readonly warnings: string[] = [];
  /** Whether something has changed since the last save. */
  unsaved = true;
  readonly schedule: Schedule;
  readonly optimizer: Optimizer;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly earlyStopping: EarlyStopping;
  readonly totalSteps: number | undefined;
  batches: Batches;
  clock = new RunClock();
  #lastSave = performance.now();
  /** Step of the state in the folder; undefined when there is none. */
  #savedStep: number | undefined;
  /** The best weights of a run without a folder. */
  #bestWeights: Map<string, NamedArray> | undefined;

  constructor(readonly options: CheckedOptions) {
    const { maxSteps, maxEpochs, gradientAccumulationSteps, earlyStoppingPatience, model } = options;
    this.batches = this.#openBatches();
    const stepsPerEpoch = Math.ceil(this.batches.batchesPerEpoch / gradientAccumulationSteps);
    const total = Math.min(maxSteps, maxEpochs === 0 ? 0 : maxEpochs * stepsPerEpoch);
    this.totalSteps = total === Infinity ? undefined : total;
    this.schedule = openSchedule(options.schedule, this.totalSteps);
    this.earlyStopping = new EarlyStopping(earlyStoppingPatience);
    this.evaluationDue = options.evalAtStart;
    this.parameters = new Map(model.namedParameters());
    this.optimizer = createOptimizer(options.optimizer, this.parameters);
  }

  /** Where the run is, as its events report it. The epoch is that of the last step, from 1. */
  position(): { step: number; totalSteps: number | undefined; epoch: number } {
    const { epoch, position } = this.batches;
    return {
      step: this.step,
      totalSteps: this.totalSteps,
      epoch: epoch > 0 && position === 0 ? epoch : epoch + 1,
    };
  }

  /** Why the run is at its end; undefined when it is not. */
  endReason(): DoneEvent['reason'] | undefined {
    if (this.earlyStopping.exhausted) return 'earlyStopping';
    if (this.step >= this.options.maxSteps) return 'maxSteps';
    return this.batches.epoch >= this.options.maxEpochs ? 'maxEpochs' : undefined;
  }

  /** Whether an evaluation follows the last step. */
  atEvaluation(every: 'epoch' | number): boolean {
    return every === 'epoch' ? this.batches.position === 0 : this.step % every === 0;
  }

  /** Seconds since the last save. */
  get secondsUnsaved(): number {
    return (performance.now() - this.#lastSave) / 1000;
  }

  /** @throws NotFiniteError unless `value` is finite */
  checkFinite(what: 'loss' | 'gradient norm' | 'validation loss', value: number, learningRate: number): void {
    if (Number.isFinite(value)) return;
    const { folder } = this.options;
    const step = this.#savedStep;
    const saved = folder && step !== undefined ? { path: folder.path, step } : undefined;
    const best = this.earlyStopping.best?.step;
    throw new NotFiniteError({ step: this.step, learningRate, what, value, saved, best });
  }

  /** Resumes from the folder's state, if it holds one. */
  async restore(): Promise<boolean> {
    const { folder, model } = this.options;
    const saved = await folder?.loadState();
    if (folder && !saved) await folder.truncateMetrics(-1);
    if (!folder || !saved) return false;
    const state = saved.state as unknown as RunState;
    if (state.format !== FORMAT) {
      throw new Error(
        `${folder.path}: its state has format ${state.format}. Expected ${FORMAT}. ` +
          'Resume with the version that wrote it, or start a new run from its weights.',
      );
    }
    checkState(folder.path, saved.state);
    if (state.optimizer !== this.optimizer.type) {
      throw new Error(
        `${folder.path}: trained with ${state.optimizer}. Expected ${this.optimizer.type}. ` +
          'Resume with the same optimizer, or start a new run from its weights.',
      );
    }
    this.batches = this.#openBatches(state.batches);
    this.schedule.restore(state.schedule);
    const arrays = (prefix: string) =>
      new Map(
        [...saved.tensors]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, array]) => [name.slice(prefix.length), array]),
      );
    model.loadStateDict(arrays(MODEL));
    this.optimizer.loadStateDict(arrays(OPTIMIZER));
    for (const [name, layer] of dropouts(model)) layer.counter = state.dropout[name] ?? 0;
    this.earlyStopping.restore(state.earlyStopping);
    this.step = state.step;
    this.tokens = state.tokens;
    this.trainLoss = { ...state.trainLoss };
    this.evaluationDue = state.evaluationDue && this.options.validation !== undefined;
    this.clock = new RunClock(state.elapsed);
    this.#savedStep = state.step;
    this.unsaved = false;
    for (const [what, before, now] of [
      ['engine', state.engine, tf.getBackend()],
      ['precision', state.precision, precisionInUse()],
    ]) {
      if (before === now) continue;
      this.warnings.push(`${what} was ${before} before and is ${now} now: losses will differ slightly`);
    }
    await folder.truncateMetrics(this.step);
    return true;
  }

  /** Saves the whole run. Before the first evaluation its last weights are saved as the best ones. */
  async save(): Promise<void> {
    const { folder, model, seed } = this.options;
    if (!folder) return;
    const weights = model.stateDict();
    if (!this.earlyStopping.best && this.step > 0) await folder.saveBest(weights, { step: this.step });
    const arrays = new Map<string, NamedArray>();
    for (const [name, array] of weights) arrays.set(MODEL + name, array);
    for (const [name, array] of this.optimizer.stateDict()) arrays.set(OPTIMIZER + name, array);
    const state: RunState = {
      format: FORMAT,
      step: this.step,
      tokens: this.tokens,
      elapsed: this.clock.elapsed,
      seed,
      batches: this.batches.state(),
      schedule: this.schedule.state(),
      optimizer: this.optimizer.type,
      earlyStopping: this.earlyStopping.state(),
      trainLoss: this.trainLoss,
      evaluationDue: this.evaluationDue,
      dropout: Object.fromEntries(dropouts(model).map(([name, { counter }]) => [name, counter])),
      engine: tf.getBackend(),
      precision: precisionInUse(),
      versions: { node: globalThis.process?.versions.node, tfjs: tf.version_core },
    };
    await folder.saveState(arrays, state);
    this.#savedStep = this.step;
    this.#lastSave = performance.now();
    this.unsaved = false;
  }

  /** Saves the current weights as the best. */
  async saveBest(measured: { readonly loss: number; readonly perplexity: number }): Promise<void> {
    const { folder, model, restoreBest } = this.options;
    if (folder) await folder.saveBest(model.stateDict(), { step: this.step, ...measured });
    else if (restoreBest) this.#bestWeights = model.stateDict();
  }

  /** Loads the best weights into the model, if it was evaluated. */
  async loadBest(): Promise<void> {
    const { folder, model } = this.options;
    const weights = folder ? (await folder.loadBest())?.tensors : this.#bestWeights;
    if (weights && this.earlyStopping.best) model.loadStateDict(weights);
  }

  #openBatches(state?: BatchState): Batches {
    const { train, batchSize, order, dropLast, seed } = this.options;
    return batches(train, { batchSize, order, dropLast, seed: `${seed}/batches`, state });
  }
}

function openSchedule(schedule: CheckedOptions['schedule'], totalSteps: number | undefined): Schedule {
  if (typeof schedule === 'number') return createSchedule({ type: 'constant', learningRate: schedule });
  if ('rate' in schedule) return schedule;
  if (schedule.type !== 'linear' && schedule.type !== 'cosine') return createSchedule(schedule);
  return createSchedule({ ...schedule, totalSteps: schedule.totalSteps ?? totalSteps });
}

/** Precision of matrix products; weights, sums and everything else are always float32. */
function precisionInUse(): Precision {
  return (tf.backend() as { precision?: Precision }).precision ?? 'float32';
}

function dropouts(model: Module): [string, Dropout][] {
  return [...model.namedModules()].filter((entry): entry is [string, Dropout] => entry[1] instanceof Dropout);
}
