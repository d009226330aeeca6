// The sets of results: which commands make each, in their order, and where what they say goes.

/** A command of the workspace, as one would type it behind `npx nx run`. */
export interface Step {
  readonly target: string;
  readonly args: readonly string[];
  /** It trains: settings that were typed (`--data`, `--precision`) are handed on to it. */
  readonly trains?: true;
  /** The heading under which the page shows what it prints; without one it is not shown. */
  readonly heading?: string;
  /** What a reader should know before what it prints. */
  readonly about?: string;
  /** A folder beside the page that its figures go to; they are shown as well. */
  readonly figures?: string;
  /** Those of the figures that the page shows, by their names; all without. */
  readonly show?: readonly string[];
  /** It needs a Python with torch, and is left out without `--python`. */
  readonly python?: true;
}

/** One page of docs/results. */
export interface ResultSet {
  readonly about: string;
  /** The one of them with a report writes the page; those after it add to it. */
  readonly steps: readonly Step[];
}

/** Stands for the folder of the page. */
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
        args: ['03-bigram', '04-attention', '09-multihead'].flatMap((run) => [
          '--run',
          `runs/evolution/${run}`,
        ]),
        heading: 'Beside PyTorch',
        about:
          'The same three models trained by PyTorch from the same first weights, on the same windows and with the same settings, and ' +
          'both sides measured by one protocol.',
        python: true,
      },
    ],
  },
  shakespeare: {
    about: 'a small transformer with its own BPE, trained until validation gets no better',
    steps: [
      {
        target: 'trainer:sweep',
        args: ['--preset', 'shakespeare', '--report', HERE],
        trains: true,
      },
      { target: 'evaluator:vocabulary', args: [], heading: 'Text and vocabulary', figures: 'vocabulary' },
      {
        target: 'evaluator:evaluate',
        args: ['--run', 'runs/shakespeare', '--protocol', 'all-windows', '--what-heads-do'],
        heading: 'The best run',
        about:
          "By the notebook's protocol once more, the mean over all windows of the validation text; its loss by position in " +
          'the window; and what each head looks at.',
        figures: 'best',
        show: ['loss-by-position'],
      },
      {
        target: 'evaluator:evaluate',
        args: ['--run', 'runs/shakespeare', '--stride', '1'],
        heading: 'The best run, each token counted once',
        about:
          'Here each token of the validation text counts once, with as much before it as the context holds, which is to say in ' +
          'the last place of a window.',
      },
      {
        target: 'evaluator:predict',
        args: ['--run', 'runs/shakespeare'],
        heading: 'Predictions',
        figures: 'predictions',
      },
      {
        target: 'evaluator:generate',
        args: [
          ...['--run', 'runs/shakespeare', '--prompt', 'MENENIUS:', '--temperature', '0.9'],
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
        heading: 'How heads come about',
        about: 'The baseline after 1, 50, 200 and 700 steps; 700 are its first epoch.',
      },
      {
        target: 'evaluator:evaluate',
        args: ['--run', 'runs/shakespeare/no-positions', '--what-heads-do', '--text-tokens', '20000'],
        heading: 'What heads look at without positions',
      },
      {
        target: 'trainer:sweep',
        args: ['--file', 'apps/trainer/sweeps/context.json', '--report', `${HERE}/context`],
        trains: true,
        heading: 'Time and memory by context',
        about: 'The baseline at other lengths of context, a step of 32 windows each.',
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
        about: 'The transformer of 8 layers, 100 steps with attention in one kernel and in plain operations.',
      },
      {
        target: 'evaluator:flops',
        args: ['--run', 'runs/recurrent', '--tokens', '100'],
        heading: 'What the best one costs',
      },
      {
        target: 'evaluator:attend',
        args: ['--run', 'runs/recurrent/gru', '--prompt', SENTENCE],
        heading: 'The gates of the GRU',
        figures: 'gates',
      },
      {
        target: 'evaluator:attend',
        args: ['--run', 'runs/recurrent/transformer-8', '--prompt', 'Lily said, '],
        heading: 'The heads of the transformer of 8 layers',
        figures: 'heads',
        show: ['all-heads', 'averages'],
      },
    ],
  },
  hyperparameters: {
    about: 'a character GPT, eleven experiments from one base, and a large one',
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
        heading: 'Heads, scaled as everybody does',
        about:
          'The notebook divides scores by the root of the full width, 64, whatever the number of heads. Here they are divided by ' +
          'the root of the width of a head, 16 or 8. Of one head the two are the same.',
      },
      {
        target: 'trainer:sweep',
        args: ['--file', 'apps/trainer/sweeps/large.json', '--report', `${HERE}/large`],
        trains: true,
      },
      {
        target: 'evaluator:evaluate',
        args: ['--run', LARGE, '--protocol', 'random-batches', '--batches', '200', '--batch-size', '4'],
        heading: 'The large one',
        about: '10,788,929 parameters: width 384, 6 heads, 6 layers, 256 characters, dropout 0.2.',
      },
      {
        target: 'evaluator:generate',
        args: [
          '--run',
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
        heading: 'What it writes',
      },
      {
        target: 'evaluator:attend',
        args: ['--run', LARGE, '--prompt', OPENING],
        heading: 'What its heads look at',
        figures: 'large/attention',
        show: ['averages', 'layer-0', 'layer-5'],
      },
    ],
  },
  compute: {
    about: 'how large a model should be for a given amount of computation',
    steps: [
      {
        target: 'trainer:sweep',
        args: ['--file', 'apps/trainer/sweeps/compute.json', '--report', HERE],
        trains: true,
      },
    ],
  },
};
