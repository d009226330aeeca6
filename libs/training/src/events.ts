// The events of a run.

/** What all events have. */
interface RunEvent {
  /** Updates so far. */
  readonly step: number;
  /** Updates of the whole run; absent when only early stopping or a signal ends it. */
  readonly totalSteps?: number;
  /** Epoch of the last update, from 1. */
  readonly epoch: number;
}

/** A run started, or resumed from its folder. */
export interface StartEvent extends RunEvent {
  readonly type: 'start';
  readonly resumed: boolean;
  /** Trainable parameters of the model. */
  readonly parameters: number;
  /** Reasons why a resumed run may differ from an uninterrupted one, such as another engine. */
  readonly warnings: readonly string[];
}

/** One update of the weights. */
export interface StepEvent extends RunEvent {
  readonly type: 'step';
  /** Mean cross-entropy of the step's batches before the update, in nats per token. */
  readonly loss: number;
  readonly learningRate: number;
  /** Global 2-norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** Tokens trained on so far. */
  readonly tokens: number;
  /** Recent training speed, without evaluations and checkpoints. */
  readonly tokensPerSecond: number;
  /** Seconds of all sessions of the run. */
  readonly elapsed: number;
  /** Seconds until the last step; absent when `totalSteps` is. */
  readonly eta?: number;
}

/** An evaluation. */
export interface EvaluationEvent extends RunEvent {
  readonly type: 'evaluation';
  /**
   * Mean loss of the training steps since the last evaluation or, with a number of `evalBatches`, of that many training
   * batches. Absent before the first step in the former case.
   */
  readonly trainLoss?: number;
  /** Mean cross-entropy on the validation split, in nats per token. */
  readonly validationLoss: number;
  /** exp(validationLoss). */
  readonly perplexity: number;
  /** Whether this is the lowest validation loss so far. */
  readonly best: boolean;
  /** Learning rate of the last update. */
  readonly learningRate: number;
  readonly elapsed: number;
}

/** The state of the run was written to its folder. */
export interface CheckpointEvent extends RunEvent {
  readonly type: 'checkpoint';
  /** The run folder. */
  readonly path: string;
  readonly elapsed: number;
}

/** The last event of every run. */
export interface DoneEvent extends RunEvent {
  readonly type: 'done';
  readonly reason: 'maxSteps' | 'maxEpochs' | 'earlyStopping' | 'interrupted';
  readonly tokens: number;
  /** Lowest validation loss and its step; absent without evaluation. */
  readonly best?: { readonly step: number; readonly loss: number };
  readonly elapsed: number;
}

/** Any event of a run. */
export type TrainingEvent = StartEvent | StepEvent | EvaluationEvent | CheckpointEvent | DoneEvent;
