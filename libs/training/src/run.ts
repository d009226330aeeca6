// A run in memory: everything that changes while it trains, how it is saved as one thing, and how it
// comes back. Leaves out the order in which things happen: that is train.ts.
import type { NamedArray } from '@lilformer/checkpoints';
import { type Batches, type BatchState, batches } from '@lilformer/datasets';
import { tf, type Precision } from '@lilformer/engine';
import { Dropout, type Module, type Parameter } from '@lilformer/layers';
import { RunClock } from './clock.js';
import { BestSoFar, type BestState } from './early-stopping.js';
import type { DoneReason } from './events.js';
import { type BreakdownFacts, NotFiniteError } from './not-finite.js';
import { createOptimizer, type Optimizer } from './optimizer.js';
import type { Settings } from './options.js';
import { createSchedule, type Schedule, type ScheduleState } from './schedules.js';

/** The state of a run beside its arrays, as plain JSON; all of it goes into the run folder. */
interface RunState {
  readonly format: 1;
  readonly step: number;
  readonly tokens: number;
  readonly elapsed: number;
  readonly seed: number | string;
  readonly place: BatchState;
  readonly schedule: ScheduleState;
  readonly optimizer: string;
  readonly best: BestState;
  /** Sum over tokens of the training loss since the last evaluation, and how many tokens those are. */
  readonly trainLoss: { readonly sum: number; readonly tokens: number };
  /** The evaluation that belongs to this step is still to be made. */
  readonly evaluationDue: boolean;
  /** Forwards each dropout layer has made in training, by its name; with its seed, they are its generator. */
  readonly dropout: Readonly<Record<string, number>>;
  readonly engine: string;
  /** What matrix products were computed in; absent in states that knew float32 only. */
  readonly precision?: Precision;
  /** For a person who wonders; nothing depends on them. */
  readonly versions: { readonly node: string; readonly tfjs: string };
}

const FORMAT = 1;
/** What the names of the model's arrays begin with in the saved state. */
export const MODEL_ARRAYS = 'model.';
const OPTIMIZER = 'optimizer.';

/** Everything of a run that changes while it trains. */
export class Run {
  step = 0;
  tokens = 0;
  trainLoss = { sum: 0, tokens: 0 };
  evaluationDue: boolean;
  /** What may keep a resumed run from going on bit for bit. */
  readonly warnings: string[] = [];
  /** True when something has changed since the last save. */
  unsaved = true;
  readonly schedule: Schedule;
  readonly optimizer: Optimizer;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly best: BestSoFar;
  readonly totalSteps: number | undefined;
  place: Batches;
  clock = new RunClock();
  #lastSave = performance.now();
  /** Step of the state in the folder; undefined when there is none. */
  #savedStep: number | undefined;
  /** The best weights, where there is no folder to keep them in. */
  #bestWeights: Map<string, NamedArray> | undefined;

  constructor(readonly settings: Settings) {
    const { maxSteps, maxEpochs, accumulate, patience, model } = settings;
    this.place = this.#openBatches();
    const stepsPerEpoch = Math.ceil(this.place.batchesPerEpoch / accumulate);
    const total = Math.min(maxSteps, maxEpochs === 0 ? 0 : maxEpochs * stepsPerEpoch);
    this.totalSteps = total === Infinity ? undefined : total;
    this.schedule = openSchedule(settings.schedule, this.totalSteps);
    this.best = new BestSoFar(patience);
    this.evaluationDue = settings.evaluation?.atStart ?? false;
    this.parameters = new Map(model.namedParameters());
    this.optimizer = createOptimizer(settings.optimizer, this.parameters);
  }

  /** Epoch of the last step made, from 1; of the first before it. */
  get epoch(): number {
    const { epoch, position } = this.place;
    return epoch > 0 && position === 0 ? epoch : epoch + 1;
  }

  /** Where the run is, as its events say it. */
  at(): { step: number; totalSteps: number | undefined; epoch: number } {
    return { step: this.step, totalSteps: this.totalSteps, epoch: this.epoch };
  }

  /** Why the run is at its end; undefined when it is not. */
  ending(): DoneReason | undefined {
    if (this.best.exhausted) return 'earlyStop';
    if (this.step >= this.settings.maxSteps) return 'steps';
    return this.place.epoch >= this.settings.maxEpochs ? 'epochs' : undefined;
  }

  /** Whether an evaluation belongs to the step just made. */
  atEvaluation(every: 'epoch' | number): boolean {
    return every === 'epoch' ? this.place.position === 0 : this.step % every === 0;
  }

  /** Seconds since the state was saved. */
  get secondsUnsaved(): number {
    return (performance.now() - this.#lastSave) / 1000;
  }

  /** @throws NotFiniteError unless `value` is finite */
  checkFinite(what: BreakdownFacts['what'], value: number, learningRate: number): void {
    if (Number.isFinite(value)) return;
    const { folder } = this.settings;
    const step = this.#savedStep;
    const saved = folder && step !== undefined ? { path: folder.path, step } : undefined;
    const best = this.best.best?.step;
    throw new NotFiniteError({ step: this.step, learningRate, what, value, saved, best });
  }

  /** Goes on from the folder's state, if it holds one. */
  async restore(): Promise<boolean> {
    const { folder, model } = this.settings;
    const saved = await folder?.loadState();
    if (folder && !saved) await folder.truncateMetrics(-1);
    if (!folder || !saved) return false;
    const state = saved.state as unknown as RunState;
    if (state.format !== FORMAT) {
      throw new Error(
        `${folder.path}: its state has format ${state.format}, this version reads ${FORMAT}; ` +
          'go on with the version that wrote it, or start a new run from its weights',
      );
    }
    if (state.optimizer !== this.optimizer.type) {
      throw new Error(
        `${folder.path}: was trained with ${state.optimizer}, and ${this.optimizer.type} is asked for; ` +
          'continue with the same, or start a new run from its weights',
      );
    }
    this.place = this.#openBatches(state.place);
    this.schedule.restore(state.schedule);
    const arrays = (prefix: string) =>
      new Map(
        [...saved.tensors]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, array]) => [name.slice(prefix.length), array]),
      );
    model.loadStateDict(arrays(MODEL_ARRAYS));
    this.optimizer.loadStateDict(arrays(OPTIMIZER));
    for (const [name, layer] of dropouts(model)) layer.counter = state.dropout[name] ?? 0;
    this.best.restore(state.best);
    this.step = state.step;
    this.tokens = state.tokens;
    this.trainLoss = { ...state.trainLoss };
    this.evaluationDue = state.evaluationDue && this.settings.evaluation !== undefined;
    this.clock = new RunClock(state.elapsed);
    this.#savedStep = state.step;
    this.unsaved = false;
    if (state.engine !== tf.getBackend()) {
      this.warnings.push(
        `trained with engine ${state.engine} before, ${tf.getBackend()} now: the last digits will differ`,
      );
    }
    const { precision = 'float32' } = state;
    if (precision !== precisionInUse()) {
      this.warnings.push(
        `trained with products in ${precision} before, ${precisionInUse()} now: the losses will differ a little`,
      );
    }
    await folder.truncateMetrics(this.step);
    return true;
  }

  /** Saves all of the run. Before the first evaluation its last weights stand for the best. */
  async save(): Promise<void> {
    const { folder, model, seed } = this.settings;
    if (!folder) return;
    const weights = model.stateDict();
    if (!this.best.best && this.step > 0) await folder.saveBest(weights, { step: this.step });
    const arrays = new Map<string, NamedArray>();
    for (const [name, array] of weights) arrays.set(MODEL_ARRAYS + name, array);
    for (const [name, array] of this.optimizer.stateDict()) arrays.set(OPTIMIZER + name, array);
    const state: RunState = {
      format: FORMAT,
      step: this.step,
      tokens: this.tokens,
      elapsed: this.clock.elapsed,
      seed,
      place: this.place.state(),
      schedule: this.schedule.state(),
      optimizer: this.optimizer.type,
      best: this.best.state(),
      trainLoss: this.trainLoss,
      evaluationDue: this.evaluationDue,
      dropout: Object.fromEntries(dropouts(model).map(([name, { counter }]) => [name, counter])),
      engine: tf.getBackend(),
      precision: precisionInUse(),
      versions: { node: process.versions.node, tfjs: tf.version_core },
    };
    await folder.saveState(arrays, state);
    this.#savedStep = this.step;
    this.#lastSave = performance.now();
    this.unsaved = false;
  }

  /** Keeps the present weights as the best. */
  async saveBest(measured: { readonly loss: number; readonly perplexity: number }): Promise<void> {
    const { folder, model, restoreBest } = this.settings;
    if (folder) await folder.saveBest(model.stateDict(), { step: this.step, ...measured });
    else if (restoreBest) this.#bestWeights = model.stateDict();
  }

  /** Gives the model its best weights back, if it was evaluated at all. */
  async loadBest(): Promise<void> {
    const { folder, model } = this.settings;
    const weights = folder ? (await folder.loadBest())?.tensors : this.#bestWeights;
    if (weights && this.best.best) model.loadStateDict(weights);
  }

  #openBatches(state?: BatchState): Batches {
    const { train, batchSize, order, dropLast, seed } = this.settings;
    return batches(train, { batchSize, order, dropLast, seed: `${seed}/batches`, state });
  }
}

function openSchedule(schedule: Settings['schedule'], totalSteps: number | undefined): Schedule {
  if (typeof schedule === 'number') return createSchedule({ type: 'constant', learningRate: schedule });
  if ('rate' in schedule) return schedule;
  if (schedule.type === 'linear' || schedule.type === 'cosine') {
    return createSchedule({ ...schedule, totalSteps: schedule.totalSteps ?? totalSteps });
  }
  return createSchedule(schedule);
}

/** What the engine multiplies matrices in; weights, sums and everything else are float32 always. */
function precisionInUse(): Precision {
  return (tf.backend() as { precision?: Precision }).precision ?? 'float32';
}

function dropouts(model: Module): [string, Dropout][] {
  return [...model.namedModules()].filter((entry): entry is [string, Dropout] => entry[1] instanceof Dropout);
}
