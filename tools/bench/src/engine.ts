// Opens the engine that a measurement asked for.
import { openEngine, type Engine, type EngineOptions } from '@lilformer/engine';
import type { Precision } from './contestants.js';

/**
 * Opens an engine by name, with products in the given precision.
 * @throws Error when it does not open, or cannot compute in that precision
 */
export async function openFor(name: string, precision: Precision): Promise<Engine> {
  if (precision === 'bf16') throw new Error(`${name} has no bf16`);
  return openEngine({ engine: name as EngineOptions['engine'] });
}
