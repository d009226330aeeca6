// The config.json of a model: of a published one, built in, or of a folder. No weights are read.
import { resolveUserPath } from '@lilformer/command-line';
import type { HuggingFaceConfig } from '@lilformer/models';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { publishedConfig, publishedNames } from './published-configs.js';

/** @throws Error naming the built-in models when there is no such folder, file or model */
export async function configurationNamed(name: string): Promise<HuggingFaceConfig> {
  const path = resolveUserPath(name);
  if (existsSync(path)) {
    const file = (await stat(path)).isDirectory() ? join(path, 'config.json') : path;
    const text = await readFile(file, 'utf8').catch((error: Error) => {
      throw new Error(`${name}: no config.json in it (${error.message})`, { cause: error });
    });
    const config = JSON.parse(text) as HuggingFaceConfig;
    if (typeof config.model_type === 'string' || Array.isArray(config.architectures)) return config;
    throw new Error(`${file}: names no model_type; expected a config.json in Hugging Face's format`);
  }
  const published = publishedConfig(name);
  if (published) return published;
  throw new Error(`${name}: expected a folder with a config.json, or one of ${publishedNames.join(', ')}`);
}
