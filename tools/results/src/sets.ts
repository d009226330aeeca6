// The commands that make each page of docs/results.

/** A command after `npx nx run`. */
export interface Step {
  readonly target: string;
  readonly args: readonly string[];
  /** Trains: receives the settings on the command line (`--data`, `--precision`). */
  readonly trains?: true;
  /** Section of the page with its output; without one the output is not shown. */
  readonly heading?: string;
  /** Text before the output. */
  readonly about?: string;
  /** Folder of its figures, beside the page; the page shows them. */
  readonly figures?: string;
  /** Names of the figures that the page shows; default: all. */
  readonly show?: readonly string[];
  /** Needs a Python with torch; skipped without `--python`. */
  readonly python?: true;
}

/** One page of docs/results. */
export interface ResultSet {
  readonly about: string;
  /** The first step with `--report {page}` writes the page; later steps append to it. */
  readonly steps: readonly Step[];
}

/** Placeholder of the page's folder. */
export const HERE = '{page}';

const LARGE = 'runs/large';
const SENTENCE = 'Once upon a time there was a little girl named Lily.';
const OPENING = 'First Citizen:\nBefore we proceed';

export const SETS: Readonly<Record<string, ResultSet>> = {
  evolution: {
    about: 'eight models, from bigram to mixture of experts, on TinyStories',
    steps: [
      { target: 'evolution:train', args: [], trains: true },
      { target: 'evolution:compare', args: ['--measure', '--report', HERE] },
      {
        target: 'bench:agreement',
        args: [],
        heading: 'Comparison with PyTorch',
        about:
          'All presets trained by PyTorch with the same initial weights, windows and settings: the saved results of this command with --python.',
      },
    ],
  },
  shakespeare: {
    about: 'a small transformer with its own BPE, trained with early stopping',
    steps: [
      {
        target: 'trainer:sweep',
        args: ['--preset', 'shakespeare', '--report', HERE],
        trains: true,
      },
      { target: 'evaluator:vocabulary', args: [], heading: 'Text and vocabulary', figures: 'vocabulary' },
      {
        target: 'evaluator:evaluate',
        args: ['--model', 'runs/shakespeare', '--protocol', 'all-windows', '--what-heads-do'],
        heading: 'The best run',
        about:
          "With the notebook's protocol, the mean over all windows of the validation text: perplexity, loss by position in the " +
          'window, and attention of each head.',
        figures: 'best',
        show: ['loss-by-position'],
      },
      {
        target: 'evaluator:evaluate',
        args: ['--model', 'runs/shakespeare', '--stride', '1'],
        heading: 'The best run, each token counted once',
        about: 'Each token of the validation text counts once, at the last position of a window.',
      },
      {
        target: 'evaluator:predict',
        args: ['--model', 'runs/shakespeare'],
        heading: 'Predictions',
        figures: 'predictions',
      },
      {
        target: 'evaluator:generate',
        args: [
          ...['--model', 'runs/shakespeare', '--prompt', 'MENENIUS:', '--temperature', '0.9'],
          ...['--max-new-tokens', '100', '--seed', '0', '--clean-spacing'],
        ],
        heading: 'A sample',
      },
      {
        target: 'trainer:sweep',
        args: ['--file', 'apps/trainer/sweeps/heads.json', '--report', `${HERE}/heads`],
        trains: true,
      },
      {
        target: 'evaluator:evaluate',
        args: ['--checkpoints', 'runs/heads', '--what-heads-do', '--text-tokens', '20000'],
        heading: 'Development of the heads',
        about: 'The baseline after 1, 50, 200 and 700 steps; its first epoch has 700.',
      },
      {
        target: 'evaluator:evaluate',
        args: ['--model', 'runs/shakespeare/no-positions', '--what-heads-do', '--text-tokens', '20000'],
        heading: 'Attention without positions',
      },
      {
        target: 'trainer:sweep',
        args: ['--file', 'apps/trainer/sweeps/context.json', '--report', `${HERE}/context`],
        trains: true,
        heading: 'Time and memory by context',
        about: 'The baseline with other context lengths, 32 windows per step.',
      },
    ],
  },
  recurrent: {
    about: 'RNN, GRU and transformer on the characters of TinyStories',
    steps: [
      {
        target: 'trainer:sweep',
        args: ['--preset', 'recurrent', '--jobs', '1', '--report', HERE],
        trains: true,
      },
      {
        target: 'trainer:sweep',
        args: [
          ...['--file', 'apps/trainer/sweeps/attention.json', '--jobs', '1'],
          ...['--report', `${HERE}/attention`],
        ],
        trains: true,
        heading: 'Naive and fused attention',
        about: '100 steps of the transformer with 8 layers, with fused attention and with plain operations.',
      },
      {
        target: 'evaluator:flops',
        args: ['--model', 'runs/recurrent', '--tokens', '100'],
        heading: 'FLOPs of the best model',
      },
      {
        target: 'evaluator:attend',
        args: ['--model', 'runs/recurrent/gru', '--prompt', SENTENCE],
        heading: 'The gates of the GRU',
        figures: 'gates',
      },
      {
        target: 'evaluator:attend',
        args: ['--model', 'runs/recurrent/transformer-8', '--prompt', 'Lily said, '],
        heading: 'The heads of the transformer of 8 layers',
        figures: 'heads',
        show: ['all-heads', 'averages'],
      },
    ],
  },
  hyperparameters: {
    about: 'a character GPT, ten variations, and a large model',
    steps: [
      {
        target: 'trainer:sweep',
        args: ['--preset', 'hyperparameters', '--report', HERE],
        trains: true,
      },
      {
        target: 'trainer:sweep',
        args: ['--file', 'apps/trainer/sweeps/head-scale.json', '--report', `${HERE}/head-scale`],
        trains: true,
        heading: 'Heads with the usual attention scale',
        about:
          'The notebook divides attention scores by the square root of the full width, 64. Here they are divided by the square root of the head size, 16 or 8.',
      },
      {
        target: 'trainer:sweep',
        args: ['--file', 'apps/trainer/sweeps/large.json', '--report', `${HERE}/large`],
        trains: true,
      },
      {
        target: 'evaluator:evaluate',
        args: ['--model', LARGE, '--protocol', 'random-batches', '--batches', '200', '--batch-size', '4'],
        heading: 'The large model',
        about: '10,788,929 parameters: hidden size 384, 6 heads, 6 layers, context length 256, dropout 0.2.',
      },
      {
        target: 'evaluator:generate',
        args: [
          '--model',
          LARGE,
          '--prompt',
          OPENING,
          '--max-new-tokens',
          '500',
          '--temperature',
          '1',
          '--seed',
          '1337',
        ],
        heading: 'Sample of the large model',
      },
      {
        target: 'evaluator:attend',
        args: ['--model', LARGE, '--prompt', OPENING],
        heading: 'Attention of the large model',
        figures: 'large/attention',
        show: ['averages', 'layer-0', 'layer-5'],
      },
    ],
  },
  compute: {
    about: 'compute-optimal model size',
    steps: [
      {
        target: 'trainer:sweep',
        args: ['--file', 'apps/trainer/sweeps/compute.json', '--report', HERE],
        trains: true,
      },
    ],
  },
};
