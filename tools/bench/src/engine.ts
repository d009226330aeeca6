import { openEngine, type Engine, type EngineOptions } from '@lilformer/engine';
import type { Precision } from './contestants.js';

/**
 * Opens an engine by name with the given precision of matrix products.
 * @throws Error when the engine is unavailable or does not support the precision
 */
export async function openFor(name: string, precision: Precision): Promise<Engine> {
  const engine = await openEngine({ engine: name as EngineOptions['engine'], precision });
  if (engine.precision !== precision) throw new Error(`${engine.describe()}: no ${precision} here`);
  return engine;
}
