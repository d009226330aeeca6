// `--config FILE`: values of flags from a JSON file, by setting, or the settings of a run from its config.json.
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { resolveUserPath } from '../paths.js';
import { describeFlags } from './flag.js';
import { didYouMean } from './nearest-name.js';

interface Config {
  /** Values by setting. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Whether they are the settings of a run, which are complete. */
  readonly isRun: boolean;
}

/**
 * The values of a file for the flags of a schema; none without a file.
 * @throws Error naming each name in the file that is not a setting of the schema
 */
export function readConfig(schema: z.ZodObject, file: unknown): Config {
  if (typeof file !== 'string') return { values: {}, isRun: false };
  const content = parse(file);
  const isRun = isObject(content.settings) && isObject(content.model);
  const values = isRun ? (content.settings as Record<string, unknown>) : content;
  const flags = describeFlags(schema);
  const names = [...flags.keys()].filter((name) => name !== 'config');
  const unknown = Object.keys(values).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    const lines = unknown.map(
      (name) => `--config ${file}: ${name} is not a setting of this command.${didYouMean(name, names)}`,
    );
    throw new Error(lines.join('\n'));
  }
  const listed = Object.entries(values).map(([name, value]) => {
    const isList = flags.get(name)?.many && !Array.isArray(value);
    return [name, isList ? [value] : value];
  });
  return { values: Object.fromEntries(listed) as Config['values'], isRun };
}

function parse(file: string): Record<string, unknown> {
  const expected = "Expected a JSON object of settings, or a run's config.json.";
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(resolveUserPath(file), 'utf8'));
  } catch (error) {
    throw new Error(`--config ${file}: ${(error as Error).message}. ${expected}`, { cause: error });
  }
  if (!isObject(content)) throw new Error(`--config ${file}: not an object. ${expected}`);
  return content;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
