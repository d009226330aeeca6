// The command `lilformer`: `lilformer train …`, `lilformer generate …` and so on. Only the requested command is loaded.
import { action, EXIT_INTERRUPTED, runProgram } from '@lilformer/command-line';

const sweepStop = '\nStopping; every run saves. Ctrl-C again to stop at once.';

await runProgram({
  async train() {
    const { trainFlags } = await import('./trainer/command-line.js');
    const { trainCommand } = await import('./trainer/train/train-command.js');
    return action(
      trainFlags,
      async (command, terminal, signal) => {
        const { reason } = await trainCommand(command, terminal, signal);
        return reason === 'interrupted' ? EXIT_INTERRUPTED : 0;
      },
      '\nStopping after this step; Ctrl-C again to stop at once.',
    );
  },
  async sweep() {
    const { sweepFlags } = await import('./trainer/command-line.js');
    const { sweepCommand } = await import('./trainer/sweep/sweep-command.js');
    return action(sweepFlags, sweepCommand, sweepStop);
  },
  async generate() {
    const { generateFlags } = await import('./trainer/command-line.js');
    const { generateCommand } = await import('./trainer/generate-command.js');
    return action(generateFlags, generateCommand);
  },
  async export() {
    const { exportFlags } = await import('./trainer/command-line.js');
    const { exportCommand } = await import('./trainer/export-command.js');
    return action(exportFlags, exportCommand);
  },
  async evaluate() {
    const { evaluate, evaluateFlags } = await import('./evaluator/evaluate.js');
    return action(evaluateFlags, evaluate);
  },
  async attend() {
    const { attend, attendFlags } = await import('./evaluator/attend.js');
    return action(attendFlags, attend);
  },
  async predict() {
    const { predict, predictFlags } = await import('./evaluator/predict.js');
    return action(predictFlags, predict);
  },
  async decode() {
    const { decode, decodeFlags } = await import('./evaluator/decode.js');
    return action(decodeFlags, decode);
  },
  async inspect() {
    const { inspect, inspectFlags } = await import('./evaluator/architectures/inspect.js');
    return action(inspectFlags, inspect);
  },
  async flops() {
    const { flops, flopsFlags } = await import('./evaluator/flops.js');
    return action(flopsFlags, flops);
  },
  async vocabulary() {
    const { vocabulary, vocabularyFlags } = await import('./evaluator/vocabulary.js');
    return action(vocabularyFlags, vocabulary);
  },
  async 'gru-step'() {
    const { gruStepCommand, gruStepFlags } = await import('./evaluator/gru-step/gru-step.js');
    return action(gruStepFlags, gruStepCommand);
  },
  async 'compare-architectures'() {
    const module = await import('./evaluator/architectures/compare-architectures.js');
    return action(module.compareArchitecturesFlags, module.compareArchitectures);
  },
  async 'evolution train'() {
    const { sweepFlags } = await import('./trainer/command-line.js');
    const { sweepCommand } = await import('./trainer/sweep/sweep-command.js');
    const { help } = sweepFlags;
    const parse = (args: readonly string[]) => sweepFlags.parse(['--preset', 'evolution', ...args]);
    return action({ parse, help }, sweepCommand, sweepStop);
  },
  async 'evolution compare'() {
    const { compare, compareFlags } = await import('./evolution/compare.js');
    return action(compareFlags, compare);
  },
});
