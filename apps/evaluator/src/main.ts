// The evaluator: `main.ts evaluate …`, `attend …` and so on; Nx calls them evaluator:evaluate and so on. Only the
// command that is asked for is loaded, and what draws only when there is something to draw.
import { runProgram, action } from '@lilformer/command-line';

await runProgram({
  async evaluate() {
    const { evaluate, evaluateFlags } = await import('./evaluate.js');
    return action(evaluateFlags, evaluate);
  },
  async attend() {
    const { attend, attendFlags } = await import('./attend.js');
    return action(attendFlags, attend);
  },
  async predict() {
    const { predict, predictFlags } = await import('./predict.js');
    return action(predictFlags, predict);
  },
  async flops() {
    const { flops, flopsFlags } = await import('./flops.js');
    return action(flopsFlags, flops);
  },
  async vocabulary() {
    const { vocabulary, vocabularyFlags } = await import('./vocabulary.js');
    return action(vocabularyFlags, vocabulary);
  },
  async decode() {
    const { decode, decodeFlags } = await import('./decode.js');
    return action(decodeFlags, decode);
  },
  async inspect() {
    const { inspect, inspectFlags } = await import('./inspect.js');
    return action(inspectFlags, inspect);
  },
  async 'compare-architectures'() {
    const { compareArchitectures, compareArchitecturesFlags } = await import('./compare-architectures.js');
    return action(compareArchitecturesFlags, compareArchitectures);
  },
  async 'gru-step'() {
    const { gruStepCommand, gruStepFlags } = await import('./gru-step.js');
    return action(gruStepFlags, gruStepCommand);
  },
});
