// The weather of a story: said near its beginning, and the same at its end.

export interface Weather {
  readonly word: string;
  /** The places that it suits; without it, every place. */
  readonly only?: readonly string[];
  readonly starts: readonly string[];
  /** Sentences for the end of a day that began so. */
  readonly ends: readonly string[];
}

export const WEATHERS: readonly Weather[] = [
  {
    word: 'sunny',
    starts: [
      `The sun was shining [brightly|on every roof|through the leaves].`,
      `There was not [one|a single] cloud in the sky.`,
      `It was [so warm that even the cats looked for shade|warm and bright].`,
    ],
    ends: [`The sun went down like a ripe peach.`, `The last sunshine lay golden on the [grass|windows].`],
  },
  {
    word: 'windy',
    starts: [
      `The wind was pulling at every [hat|branch|leaf].`,
      `It was so windy that the [trees|bushes] bowed to each other.`,
      `The wind had swept the sky clean.`,
    ],
    ends: [`The wind was still singing in the chimney.`, `Outside, the wind grew tired and lay down.`],
  },
  {
    word: 'cloudy',
    starts: [
      `Fat gray clouds sat on the hills.`,
      `The clouds looked like [a flock of sheep|a heap of pillows].`,
      `The sky was as gray as a [goose|pigeon].`,
    ],
    ends: [
      `One by one the clouds drifted apart, and a star came out.`,
      `The clouds turned pink and then dark.`,
    ],
  },
  {
    word: 'frosty',
    only: ['the library', 'the attic', 'the kitchen'],
    starts: [
      `Frost had drawn [ferns|flowers] on all the windows.`,
      `The grass was white and crunched underfoot.`,
      `It was so cold that every breath made a little cloud.`,
    ],
    ends: [
      `The frost came back in the night, but nobody [felt|noticed] it.`,
      `Outside it was cold, and inside it was warm.`,
    ],
  },
  {
    word: 'misty',
    starts: [
      `A soft mist hung between the trees.`,
      `The mist was as white as milk.`,
      `Everything looked [soft|new] in the mist.`,
    ],
    ends: [
      `The mist crept back and tucked everything in.`,
      `By evening the mist was gone, and the moon hung clear.`,
    ],
  },
  {
    word: 'fresh',
    starts: [
      `It had rained in the night, and everything [dripped and shone|was washed clean].`,
      `It smelled of wet earth and new leaves.`,
      `The birds had been singing since [five o'clock|dawn].`,
    ],
    ends: [`A blackbird sang its evening song.`, `The air smelled of wet earth, even in the dark.`],
  },
  {
    word: 'golden',
    only: ['the forest', 'the hill', 'the river', 'the library', 'the attic', 'the kitchen'],
    starts: [
      `Golden leaves were falling [everywhere|like slow rain].`,
      `It was the time of year when the leaves turn red and gold.`,
      `Chestnuts rattled down and rolled across the path.`,
    ],
    ends: [
      `The leaves went on falling, soft as slippers.`,
      `Somewhere an owl said goodnight to the falling leaves.`,
    ],
  },
];
