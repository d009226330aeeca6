// The evaluator: `main.ts evaluate …`; Nx calls its commands evaluator:evaluate and so on. Only the requested command is
// loaded.
import { action, runProgram } from '@lilformer/command-line';

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
    const { inspect, inspectFlags } = await import('./architectures/inspect.js');
    return action(inspectFlags, inspect);
  },
  async 'compare-architectures'() {
    const module = await import('./architectures/compare-architectures.js');
    return action(module.compareArchitecturesFlags, module.compareArchitectures);
  },
  async 'gru-step'() {
    const { gruStepCommand, gruStepFlags } = await import('./gru-step/gru-step.js');
    return action(gruStepFlags, gruStepCommand);
  },
});
