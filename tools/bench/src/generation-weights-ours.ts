// Writes a model folder with random weights, which both sides load; called with a JSON task.
import { modelFromConfig, savePretrained } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { openFor } from './engine.js';
import { generationModels } from './generation-models.js';

const task = JSON.parse(process.argv[2]) as { model: string; folder: string };
await openFor('auto', 'float32');
const config = generationModels[task.model];
const model = modelFromConfig(config, new Random(0));
await savePretrained(model, task.folder);
