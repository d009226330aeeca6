// Architectures as flags name them: a published model whose configuration is built in, a folder, a config.json, or a name on
// the Hub. No weights are read.
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveUserPath } from '@lilformer/command-line';
import { publishedConfig, publishedNames } from '@lilformer/evaluation';
import type { HuggingFaceConfig } from '@lilformer/models';

/** @throws Error naming what is built in when there is no such thing */
export async function configurationNamed(name: string): Promise<HuggingFaceConfig> {
  const path = resolveUserPath(name);
  if (existsSync(path)) {
    const file = (await stat(path)).isDirectory() ? join(path, 'config.json') : path;
    const text = await readFile(file, 'utf8').catch((error: Error) => {
      throw new Error(`${name}: no config.json in it (${error.message})`, { cause: error });
    });
    const config = JSON.parse(text) as HuggingFaceConfig;
    if (typeof config.model_type === 'string' || Array.isArray(config.architectures)) return config;
    throw new Error(`${file}: names no model_type; expected a config.json of Hugging Face's`);
  }
  const published = publishedConfig(name);
  if (published) return published;
  throw new Error(`${name}: expected a folder with a config.json, or one of ${publishedNames.join(', ')}`);
}
