// Writes the folder that both sides of the generation race load: a model of the published size with random weights. A
// process of its own, told in JSON what to do.
import { architectureOf, savePretrained } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { openFor } from './engine.js';
import { generationModels } from './generation-models.js';

const task = JSON.parse(process.argv[2]) as { model: string; folder: string };
await openFor('auto', 'float32');
const config = generationModels[task.model];
const model = architectureOf(config).build(config, new Random(0));
await savePretrained(model, task.folder);
