// What a run tells of itself while it goes. A progress line, a metrics file, a plot and a stop
// button are consumers of these; none of them is here.

/** A run has begun, or goes on from its folder. */
export interface StartEvent {
  readonly type: 'start';
  /** Updates made before; 0 for a new run. */
  readonly step: number;
  readonly totalSteps?: number;
  readonly epoch: number;
  readonly resumed: boolean;
  /** Trainable numbers of the model. */
  readonly parameters: number;
  /** What may keep a resumed run from being bit for bit what it would have been, such as another engine. */
  readonly warnings: readonly string[];
}

/** One update of the weights was made. */
export interface StepEvent {
  readonly type: 'step';
  /** Updates made so far, this one included. */
  readonly step: number;
  /** Updates the run will make if nothing ends it before; absent when only a signal ends it. */
  readonly totalSteps?: number;
  /** Epoch this update belongs to, from 1. */
  readonly epoch: number;
  /** Mean cross entropy of the step's batch, in nats a token, before the update. */
  readonly loss: number;
  /** Rate the update was made with. */
  readonly learningRate: number;
  /** Global 2-norm of the gradients, before clipping. */
  readonly gradNorm: number;
  /** Tokens trained on so far. */
  readonly tokens: number;
  /** Recent rate of training, evaluations and checkpoints not counted. */
  readonly tokensPerSecond: number;
  /** Seconds the run has taken, interruptions not counted. */
  readonly elapsed: number;
  /** Seconds the rest will take at the present rate; absent as `totalSteps` is. */
  readonly eta?: number;
}

/** The model was evaluated. */
export interface EvaluationEvent {
  readonly type: 'evaluation';
  readonly step: number;
  readonly totalSteps?: number;
  readonly epoch: number;
  /**
   * Mean loss on the training split: of the steps since the last evaluation, or, when evaluation
   * draws batches, of k such batches. Absent when neither has been measured yet.
   */
  readonly trainLoss?: number;
  /** Mean cross entropy on the validation split, in nats a token. */
  readonly validationLoss: number;
  /** exp(validationLoss). */
  readonly perplexity: number;
  /** True when this is the lowest validation loss so far. */
  readonly best: boolean;
  /** Rate of the update before; what comes next may be lower on a plateau schedule. */
  readonly learningRate: number;
  /** Seconds the run has taken, interruptions not counted. */
  readonly elapsed: number;
}

/** The whole state of the run is on disk, as of this step. */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly step: number;
  readonly totalSteps?: number;
  readonly epoch: number;
  /** The run folder. */
  readonly path: string;
  readonly elapsed: number;
}

/** Why a run ended: steps made, epochs made, patience exhausted, or stopped by its signal. */
export type DoneReason = 'steps' | 'epochs' | 'earlyStop' | 'interrupted';

/** The last event of every run. */
export interface DoneEvent {
  readonly type: 'done';
  readonly reason: DoneReason;
  readonly step: number;
  readonly totalSteps?: number;
  readonly epoch: number;
  readonly tokens: number;
  /** Lowest validation loss, and the step it was measured at; absent without evaluation. */
  readonly best?: { readonly step: number; readonly loss: number };
  readonly elapsed: number;
}

/** Everything a run may tell. */
export type TrainingEvent = StartEvent | StepEvent | EvaluationEvent | CheckpointEvent | DoneEvent;
