// The models of this library, and building a model from its config.
import { machineMemory } from '@lilformer/engine';
import { isWithoutWeights, withoutWeights, type Module } from '@lilformer/layers';
import { Random } from '@lilformer/random';
import { attentionFFN } from '../attention-ffn.js';
import { attention } from '../attention.js';
import { bart } from '../bart.js';
import { bert, bertModel } from '../bert.js';
import { bigram } from '../bigram.js';
import { charGPT } from '../char-gpt.js';
import { gpt2 } from '../gpt2.js';
import { gru } from '../gru.js';
import { moeTransformer } from '../moe-transformer.js';
import { multiHeadTransformer, stackedTransformer } from '../multi-head-transformer.js';
import { multiLayerRNN } from '../multi-layer-rnn.js';
import { nanoGPT } from '../nano-gpt.js';
import { positionalAttention } from '../positional-attention.js';
import { simpleRNN } from '../simple-rnn.js';
import { t5 } from '../t5.js';
import { tiedTransformer } from '../tied-transformer.js';
import { tinyTransformer } from '../tiny-transformer.js';
import { transformer } from '../transformer.js';
import { definitions, type ModelConfig, type ModelDefinition } from './definition.js';
import type { ModelCosts } from './costs.js';
import { LanguageModel } from './language-model.js';

/** The models of this library, in the order in which help texts list them. */
const BUILT_IN = [
  ...[bigram, attention, positionalAttention, attentionFFN, transformer, stackedTransformer],
  ...[multiHeadTransformer, moeTransformer, tinyTransformer, charGPT, tiedTransformer, nanoGPT],
  ...[simpleRNN, multiLayerRNN, gru, gpt2, bert, bertModel, bart, t5],
].map(({ type }) => type as string);

/** All defined models, by type: those of this library, then those of the caller. */
export function modelDefinitions(): ReadonlyMap<string, ModelDefinition> {
  const types = new Set([...BUILT_IN, ...definitions.keys()]);
  return new Map([...types].map((type) => [type, definitions.get(type)!]));
}

/**
 * The definition of a type of model.
 * @throws TypeError naming an unknown type and those that are defined
 */
export function modelDefinition(type: unknown): ModelDefinition {
  const definition = definitions.get(type as string);
  if (definition) return definition;
  const known = [...modelDefinitions().keys()].join(', ');
  throw new TypeError(
    `model type: ${type === undefined ? 'missing' : `${JSON.stringify(type)} is not defined`}. Expected one of ${known}. Import the module that defines it.`,
  );
}

/**
 * The sizes that determine the costs of a model.
 * @throws TypeError when its definition has none
 */
export function modelCosts(config: ModelConfig): ModelCosts {
  const definition = modelDefinition(config.type);
  if (definition.costs) return definition.costs(definition.config.parse(config as never));
  throw new TypeError(`model type ${config.type}: has no costs. Expected a definition with \`costs\`.`);
}

/** The definition of a model's type; undefined for a module that no definition made. */
export function definitionOf(model: Module): ModelDefinition | undefined {
  const { config } = model as { config?: { type?: unknown } };
  return definitions.get(config?.type as string);
}

/** Most matrices and vectors of a model. */
const MOST_WEIGHTS = 2 ** 18;

/**
 * Builds an untrained model of a definition, after checking that its weights fit into memory.
 * @throws RangeError naming each field that is unknown, missing or out of range, or the size of a model that is too large
 */
export function createChecked(definition: ModelDefinition, config: unknown, random: Random): Module {
  const create = (source: Random): Module => definition.create(config as never, source);
  if (isWithoutWeights()) return create(random);
  const shapes = withoutWeights(() => create(new Random(0)), MOST_WEIGHTS);
  const bytes = 4 * shapes.parameterCount();
  const memory = machineMemory();
  if (bytes > memory) {
    const gigabytes = (size: number): string => `${(size / 2 ** 30).toPrecision(3)} GB`;
    throw new RangeError(
      `${definition.type}: the weights of a model of these sizes take ${gigabytes(bytes)}. ` +
        `Expected at most the memory of this machine, ${gigabytes(memory)}. Choose smaller sizes.`,
    );
  }
  return create(random);
}

/**
 * Builds an untrained language model.
 *
 * @param config `type` and the fields of that type; fields with defaults may be left out
 * @param random draws the initial weights, as PyTorch's defaults do
 * @throws TypeError naming a type that is not defined, or that is no language model, or when random is missing
 * @throws RangeError naming each field that is unknown, missing or out of range, or the size of a model that is too large
 */
export function createModel(config: ModelConfig, random: Random): LanguageModel {
  if (typeof (random as Random | undefined)?.split !== 'function') {
    throw new TypeError(
      'random: missing. Expected a generator for the initial weights, such as createModel(config, new Random(1)).',
    );
  }
  const model = createChecked(modelDefinition(config?.type), config, random);
  if (model instanceof LanguageModel) return model;
  model.dispose();
  throw new TypeError(
    `model type: ${config.type} is no language model. Expected a decoder-only or recurrent model.`,
  );
}
