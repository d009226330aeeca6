// Opens the engine that a measurement asked for.
import { openEngine, type Engine, type EngineOptions } from '@lilformer/engine';
import type { Precision } from './contestants.js';

/**
 * Opens an engine by name, with products in the given precision.
 * @throws Error when it does not open, or cannot compute in that precision
 */
export async function openFor(name: string, precision: Precision): Promise<Engine> {
  const engine = await openEngine({ engine: name as EngineOptions['engine'], precision });
  if (engine.precision !== precision) throw new Error(`${engine.describe()}: no ${precision} here`);
  return engine;
}
