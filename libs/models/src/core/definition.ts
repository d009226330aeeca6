// One description per model. The registry, command-line flags and their help, loading, export, cost formulas and docs tables
// are derived from it.
import type { NamedArray } from '@lilformer/checkpoints';
import type { Module } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import type { ConfigSchema } from './config.js';
import type { ModelCosts } from './costs.js';
import type { HuggingFaceFormat } from './hugging-face.js';

/** The config of any model: `type` names its definition. */
export interface ModelConfig {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Names and shapes of a bare state dict. */
export class StateShapes {
  constructor(readonly entries: ReadonlyMap<string, Pick<NamedArray, 'shape'>>) {}

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** The size of one dimension of an entry; undefined when there is no such entry. Negative dimensions count from the end. */
  size(name: string, dimension: number): number | undefined {
    return this.entries.get(name)?.shape.at(dimension);
  }

  /** The length of a module list: N where the names have `list.0.` to `list.N-1.`. */
  count(list: string): number {
    let count = 0;
    for (const name of this.entries.keys()) {
      if (!name.startsWith(`${list}.`)) continue;
      const index = Number(name.slice(list.length + 1).split('.')[0]);
      if (Number.isInteger(index)) count = Math.max(count, index + 1);
    }
    return count;
  }
}

/** How a bare PyTorch state dict of a model is recognized and read. */
export interface StateDictFormat {
  /**
   * Whether the state dict is of this model.
   * @param recorded the config fields that the checkpoint file records beside the weights
   */
  recognize(shapes: StateShapes, recorded: Readonly<Record<string, unknown>>): boolean;
  /**
   * Config fields that follow from the shapes. A field that is undefined has to come from the file or from the caller:
   * `nHeads` of a model whose heads share one matrix.
   */
  sizesFromWeights(shapes: StateShapes): Readonly<Record<string, unknown>>;
  /** The name here of an entry of the file; undefined drops the entry. Names are equal without it. */
  rename?(name: string): string | undefined;
}

/** What {@link defineModel} takes. */
export interface ModelDefinition<
  Config extends { readonly type: string } = ModelConfig,
  Model extends Module = Module,
> {
  /** The name in configs and on the command line, such as `nano-gpt`. */
  readonly type: Config['type'];
  /** One line for help texts and tables. */
  readonly summary: string;
  readonly config: ConfigSchema<Config, never>;
  /** Whether the model is a causal language model, which `createModel` builds; true unless given. */
  readonly causal?: boolean;
  /** Builds an untrained model from parsed or unparsed options. */
  create(options: never, random: Random): Model;
  /** Name of the config field that limits the sequence length; `contextLength` unless given. */
  readonly contextField?: string;
  /** How a state dict without a config is loaded. */
  readonly stateDict?: StateDictFormat;
  /** Sizes that costs are computed from. */
  costs?(config: Config): ModelCosts;
  /** The config and the weights in Hugging Face's format. */
  readonly huggingFace?: HuggingFaceFormat<Config>;
  /** An equivalent model that Hugging Face's libraries load, for a model without an architecture there. */
  toHuggingFace?(model: Model): Module;
}

/** Every defined model, by type. */
export const definitions = new Map<string, ModelDefinition>();

/**
 * Describes a model and registers it under its type.
 *
 * After that `createModel`, `loadModel`, the command line and everything else know the model.
 *
 * @throws Error when another model has the type
 */
export function defineModel<Config extends { readonly type: string }, Model extends Module>(
  definition: Omit<ModelDefinition<Config, Model>, 'type'> & { readonly config: ConfigSchema<Config, never> },
): ModelDefinition<Config, Model> {
  const { type } = definition.config;
  if (definitions.has(type)) throw new Error(`model type ${type}: already defined. Expected another type.`);
  const complete = Object.freeze({ ...definition, type });
  definitions.set(type, complete as unknown as ModelDefinition);
  return complete;
}

/** Sizes that follow from the tables `token_embedding` and `position_embedding`. */
export function embeddingSizes(shapes: StateShapes): Record<string, number | undefined> {
  return {
    vocabSize: shapes.size('token_embedding.weight', 0),
    dModel: shapes.size('token_embedding.weight', 1),
    contextLength: shapes.size('position_embedding.weight', 0),
  };
}
