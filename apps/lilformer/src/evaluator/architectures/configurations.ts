// A model without weights, from the config.json of a folder or of a published model.
import { resolveUserPath } from '@lilformer/command-line';
import { withoutWeights } from '@lilformer/layers';
import {
  createModel,
  modelFromConfig,
  type AnyModel,
  type HuggingFaceConfig,
  type ModelConfig,
} from '@lilformer/models';
import { Random } from '@lilformer/random';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { publishedConfig, publishedNames } from './published-configs.js';

/**
 * The model of a config.json of Hugging Face's, or of a run folder, without weights.
 *
 * @param architecture another class of the same model type
 * @throws Error naming the built-in models when there is no such folder, file or model
 */
export async function modelWithoutWeights(name: string, architecture?: string): Promise<AnyModel> {
  const config = await readConfig(name);
  const { model } = config as { model?: ModelConfig };
  const random = new Random(0);
  return withoutWeights(() => {
    if (isHuggingFace(config)) return modelFromConfig(config, random, architecture);
    if (typeof model?.type === 'string') return createModel(model, random);
    throw new Error(
      `${name}: its config.json has neither model_type nor a model. Expected a run folder or a folder in Hugging Face's format.`,
    );
  });
}

/** @throws Error naming the built-in models when there is no such folder, file or model */
export async function configurationNamed(name: string): Promise<HuggingFaceConfig> {
  const config = await readConfig(name);
  if (isHuggingFace(config)) return config;
  throw new Error(
    `${name}: its config.json has no model_type. Expected a config.json in Hugging Face's format.`,
  );
}

function isHuggingFace(config: HuggingFaceConfig): boolean {
  return typeof config.model_type === 'string' || Array.isArray(config.architectures);
}

async function readConfig(name: string): Promise<HuggingFaceConfig> {
  const path = resolveUserPath(name);
  if (existsSync(path)) {
    const file = (await stat(path)).isDirectory() ? join(path, 'config.json') : path;
    const text = await readFile(file, 'utf8').catch((error: Error) => {
      throw new Error(`${name}: no config.json in it (${error.message})`, { cause: error });
    });
    return JSON.parse(text) as HuggingFaceConfig;
  }
  const published = publishedConfig(name);
  if (published) return published;
  throw new Error(`${name}: expected a folder with a config.json, or one of ${publishedNames.join(', ')}`);
}
