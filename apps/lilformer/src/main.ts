// The command `lilformer`: `lilformer train …`, `lilformer generate …` and so on. Only the requested command is loaded.
import { readFileSync } from 'node:fs';
import { action, EXIT_INTERRUPTED, runProgram } from '@lilformer/command-line';

const sweepStop = '\nStopping; every run saves. Ctrl-C again to stop at once.';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const description = {
  name: 'lilformer',
  version,
  summary: 'Trains, evaluates, samples and explains small language models.',
  commands: {
    train: 'trains a model on a text',
    sweep: 'trains several models that differ in a few settings, and compares them',
    generate: 'generates text with a trained or pretrained model',
    export: "writes a model in Hugging Face's format",
    evaluate: 'measures perplexity',
    attend: 'draws attention weights',
    predict: 'lists the most likely next tokens',
    decode: 'compares decoding strategies',
    inspect: 'prints the module tree, with parameters and shapes',
    flops: 'counts operations',
    vocabulary: 'measures the vocabulary coverage of a text',
    'gru-step': 'computes one step of a GRU',
    'compare-architectures': 'compares GPT-2, BERT, BART and T5',
    'evolution train': 'trains eight models, from bigram to mixture of experts',
    'evolution compare': 'compares the eight models',
  },
};

await runProgram(
  {
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
      const parse = (args: readonly string[]) => sweepFlags.parse(['--preset', 'evolution', ...args]);
      return action({ ...sweepFlags, parse }, sweepCommand, sweepStop);
    },
    async 'evolution compare'() {
      const { compare, compareFlags } = await import('./evolution/compare.js');
      return action(compareFlags, compare);
    },
  },
  description,
);
