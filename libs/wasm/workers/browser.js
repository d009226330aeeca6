import { run } from './run.js';

addEventListener('message', ({ data }) => run(data), { once: true });
