// The evolution: `main.ts compare …`; Nx calls it evolution:compare. evolution:train is the trainer's sweep of
// that name.
import { runProgram, action } from '@lilformer/command-line';
import { compare, compareFlags } from './compare.js';

await runProgram({ compare: action(compareFlags, compare) });
