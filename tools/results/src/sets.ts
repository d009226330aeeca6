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
  /** Title of a page without a report; the first step with `--report {page}` writes any other, and later steps append to it. */
  readonly title?: string;
  readonly steps: readonly Step[];
}

/** Placeholder of the page's folder. */
export const HERE = '{page}';

/** Seeds of the variations of the character GPT. */
const SEEDS = '1337,1338,1339';
const LARGE = 'runs/large';
const SENTENCE = 'Once upon a time there was a little girl named Lily.';
const OPENING = 'First Citizen:\nBefore we proceed';

function gruStep(heading: string, args: readonly string[], figures?: string): Step {
  return { target: 'evaluator:gru-step', args, heading, ...(figures !== undefined && { figures }) };
}

export const SETS: Readonly<Record<string, ResultSet>> = {
  evolution: {
    about: 'eight models, from bigram to mixture of experts, on TinyStories',
    steps: [
      {
        target: 'evolution:train',
        args: ['--seeds', '42,43,44'],
        trains: true,
        heading: 'Training with three seeds',
        about: 'The first table is that of the first seed, which is compared above.',
      },
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
        about:
          'Each token of the validation text counts once, at the last position of a window, with a whole window before it. The recorded ' +
          'perplexity and that of the section above are means over all windows: each token counts once for every position in the ' +
          'window, so that most have less text before them. A last position is trained on as often as any other.',
      },
      {
        target: 'evaluator:evaluate',
        args: [
          ...['baseline', 'medium-context', 'wider', 'no-positions'].flatMap((run) => [
            '--model',
            `runs/shakespeare/${run}`,
          ]),
          ...['--protocol', 'all-windows'],
        ],
        heading: 'Loss by position of every run',
        figures: 'positions',
        show: ['loss-by-position'],
      },
      {
        target: 'evaluator:predict',
        args: [
          ...['--model', 'runs/shakespeare', '--clean-spacing'],
          ...['MENENIUS:', 'BRUTUS:', 'CORIOLANUS:'].flatMap((name) => ['--prompt', name]),
        ],
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
        args: ['--preset', 'recurrent', '--seeds', '2025,2026,2027', '--report', HERE],
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
        args: ['--notebook'],
        heading: 'FLOPs of RNN, GRU and transformer',
        about: "The notebook's models of one layer, with its vocabulary size of 92.",
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
        args: ['--preset', 'hyperparameters', '--seeds', SEEDS, '--report', HERE],
        trains: true,
      },
      {
        target: 'trainer:sweep',
        args: [
          ...['--file', 'apps/trainer/sweeps/head-scale.json', '--seeds', SEEDS],
          ...['--report', `${HERE}/head-scale`],
        ],
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
  gru: {
    title: 'A GRU step by hand',
    about: 'one step of a GRU with two units: the exercises of the notebook, whose eight sliders are flags',
    steps: [
      gruStep('Exercise 1: negative input', ['--data-input', '-1']),
      gruStep('Exercise 1: positive input', ['--data-input', '1']),
      gruStep('Exercise 1: negative state', ['--data-hidden', '-1']),
      gruStep('Exercise 1: positive state', ['--data-hidden', '1']),
      gruStep('Exercise 1: input 2 and state 2', ['--data-input', '2', '--data-hidden', '2'], 'sum'),
      gruStep('Exercise 2: difference', ['--preset', 'difference'], 'difference'),
      gruStep('Exercise 2: difference, state 1', ['--preset', 'difference', '--data-hidden', '1']),
      gruStep('Exercise 3: memory', ['--preset', 'memory'], 'memory'),
      gruStep('Exercise 3: memory, input 2', ['--preset', 'memory', '--data-input', '2']),
      gruStep('Exercise 4: input only', ['--preset', 'input-only'], 'input-only'),
      gruStep('Exercise 4: input only, state 1.2', ['--preset', 'input-only', '--data-hidden', '1.2']),
      ...['difference', 'memory', 'input-only'].map((preset) =>
        gruStep(
          `Control input 0: ${preset}`,
          ['--preset', preset, '--control-input', '0'],
          `control-0-${preset}`,
        ),
      ),
    ],
  },
  decoding: {
    title: 'Decoding strategies',
    about: 'greedy search, sampling, temperatures, top-k and top-p with a model trained here on TinyStories',
    steps: [
      { target: 'evolution:train', args: ['--only', '10-moe'], trains: true },
      {
        target: 'evaluator:evaluate',
        args: ['--model', 'runs/evolution/10-moe'],
        heading: 'The model',
        about: 'The last stage of the [evolution](../evolution/README.md), a mixture of experts.',
      },
      {
        target: 'evaluator:decode',
        args: ['--model', 'runs/evolution/10-moe', '--prompt', SENTENCE],
        heading: 'Strategies',
        about:
          "Those of the notebook, on one prompt and with one seed. The figure has the ten most likely tokens after the prompt, by the model's probabilities and by those that a strategy samples from.",
        figures: 'strategies',
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
