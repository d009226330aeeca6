import { workerData } from 'node:worker_threads';
import { run } from './run.js';

run(workerData);
