// The evaluator: `main.ts evaluate …`, `attend …` and so on; Nx calls them evaluator:evaluate and so on.
import { runProgram, verb } from '@lilformer/command-line';
import { attend, attendFlags } from './attend.js';
import { evaluate, evaluateFlags } from './evaluate.js';
import { flops, flopsFlags } from './flops.js';
import { gruStepCommand, gruStepFlags } from './gru-step.js';
import { predict, predictFlags } from './predict.js';
import { vocabulary, vocabularyFlags } from './vocabulary.js';

await runProgram({
  evaluate: verb(evaluateFlags, evaluate),
  attend: verb(attendFlags, attend),
  predict: verb(predictFlags, predict),
  flops: verb(flopsFlags, flops),
  vocabulary: verb(vocabularyFlags, vocabulary),
  'gru-step': verb(gruStepFlags, gruStepCommand),
});
