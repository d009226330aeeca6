// Where stories happen, and what belongs there. A story keeps to the spots and sights of its one place.
import type { Folk } from './people.js';

export interface Place {
  /** With its article: "the park". */
  readonly name: string;
  readonly in: string;
  readonly outdoor: boolean;
  readonly folk: readonly Folk[];
  /** Where something can lie, as "under the bench"; a place's spots never repeat within a story. */
  readonly spots: readonly string[];
  /** Whole sentences about what is going on there. */
  readonly sights: readonly string[];
  /** A small creature that lives there, without an article. */
  readonly dwellers: readonly string[];
}

const CHILD: readonly Folk[] = ['child'];
const ANIMAL: readonly Folk[] = ['animal'];
const BOTH: readonly Folk[] = ['child', 'animal'];

export const PLACES: readonly Place[] = [
  {
    name: 'the park',
    in: 'in the park',
    outdoor: true,
    folk: CHILD,
    spots: ['under the long bench', 'behind the fountain', 'beside the swings', 'between two rose bushes'],
    sights: [
      `Ducks swam in slow circles on the pond.`,
      `A man was selling balloons by the gate.`,
      `Two old ladies fed the pigeons and argued about the weather.`,
      `The fountain splashed and glittered.`,
    ],
    dwellers: ['pigeon', 'duck', 'sparrow'],
  },
  {
    name: 'the beach',
    in: 'at the beach',
    outdoor: true,
    folk: CHILD,
    spots: ['behind a sand dune', 'next to a rock pool', 'under an upturned boat', 'among the seaweed'],
    sights: [
      `The waves rolled in and rolled out again.`,
      `Gulls cried above the water.`,
      `The sand was warm and full of shells.`,
      `Far away, a tiny ship crept along the edge of the sea.`,
    ],
    dwellers: ['crab', 'gull', 'starfish'],
  },
  {
    name: 'the farm',
    in: 'on the farm',
    outdoor: true,
    folk: CHILD,
    spots: ['behind the henhouse', 'under the hay wagon', 'beside the water trough', 'next to the barn door'],
    sights: [
      `The hens scratched in the yard and gossiped.`,
      `A fat pig slept in the mud.`,
      `The old tractor coughed and rattled.`,
      `Lambs jumped about as if the grass were hot.`,
    ],
    dwellers: ['hen', 'lamb', 'goose'],
  },
  {
    name: 'the market',
    in: 'at the market',
    outdoor: true,
    folk: CHILD,
    spots: [
      'under the fish stall',
      'behind a pile of melons',
      'beside the flower cart',
      'between two barrels',
    ],
    sights: [
      `Everybody was calling out the price of plums and cheese.`,
      `The air smelled of bread and oranges.`,
      `A juggler threw seven apples into the air and caught six.`,
      `The baker stacked his loaves into a tower.`,
    ],
    dwellers: ['pigeon', 'cat', 'wasp'],
  },
  {
    name: 'the playground',
    in: 'on the playground',
    outdoor: true,
    folk: CHILD,
    spots: ['at the bottom of the slide', 'under the climbing frame', 'in the sandpit', 'behind the seesaw'],
    sights: [
      `The swings creaked like old doors.`,
      `Children slid and climbed and shouted.`,
      `Somebody had drawn a chalk snake all across the ground.`,
      `The merry-go-round was spinning without anyone on it.`,
    ],
    dwellers: ['sparrow', 'beetle', 'ant'],
  },
  {
    name: 'the garden',
    in: 'in the garden',
    outdoor: true,
    folk: BOTH,
    spots: ['under the pumpkin leaves', 'beside the watering can', 'behind the shed', 'among the tulips'],
    sights: [
      `Bees bumbled from flower to flower.`,
      `The beans had climbed right to the top of their poles.`,
      `A sprinkler ticked on the grass and made small rainbows.`,
      `The tomatoes were almost ripe.`,
    ],
    dwellers: ['robin', 'ladybug', 'snail'],
  },
  {
    name: 'the meadow',
    in: 'in the meadow',
    outdoor: true,
    folk: BOTH,
    spots: ['in the tall grass', 'beside the wooden gate', 'under a hawthorn hedge', 'next to a molehill'],
    sights: [
      `The grass bent and rose like a green sea.`,
      `Grasshoppers played their tiny fiddles.`,
      `Poppies and daisies nodded on all sides.`,
      `A lark sang so high up that nobody could see it.`,
    ],
    dwellers: ['grasshopper', 'butterfly', 'lark'],
  },
  {
    name: 'the forest',
    in: 'in the forest',
    outdoor: true,
    folk: BOTH,
    spots: [
      'behind a fallen tree',
      'under a heap of leaves',
      'between the roots of an oak',
      'beside a ring of mushrooms',
    ],
    sights: [
      `The light came through the branches in long thin stripes.`,
      `A woodpecker knocked and knocked, but no one opened.`,
      `Pine cones dropped softly onto the moss.`,
      `The trees whispered to each other.`,
    ],
    dwellers: ['woodpecker', 'deer', 'beetle'],
  },
  {
    name: 'the river',
    in: 'by the river',
    outdoor: true,
    folk: BOTH,
    spots: [
      'under the stone bridge',
      'among the reeds',
      'behind a willow',
      'beside a row of stepping stones',
    ],
    sights: [
      `The water ran over the pebbles and chattered.`,
      `Little fish flashed like spoons.`,
      `Dragonflies hung above the reeds.`,
      `A heron stood on one leg and pretended to be a stick.`,
    ],
    dwellers: ['heron', 'frog', 'dragonfly'],
  },
  {
    name: 'the hill',
    in: 'on the hill',
    outdoor: true,
    folk: BOTH,
    spots: [
      'behind a big gray rock',
      'beside the crooked pine',
      'in a patch of clover',
      'near the top of the path',
    ],
    sights: [
      `From up there the whole valley looked like a quilt.`,
      `The windmill turned its arms without hurry.`,
      `Cloud shadows slid over the slopes.`,
      `Sheep dotted the side of it like buttons.`,
    ],
    dwellers: ['goat', 'hawk', 'lizard'],
  },
  {
    name: 'the orchard',
    in: 'in the orchard',
    outdoor: true,
    folk: BOTH,
    spots: [
      'under the oldest apple tree',
      'behind a basket of pears',
      'beside the beehives',
      'in the long wet grass',
    ],
    sights: [
      `Ripe apples thumped down one by one.`,
      `The branches were heavy with fruit.`,
      `Blackbirds picked at the fallen pears.`,
      `It smelled of honey and cut grass.`,
    ],
    dwellers: ['blackbird', 'bee', 'caterpillar'],
  },
  {
    name: 'the pond',
    in: 'at the pond',
    outdoor: true,
    folk: BOTH,
    spots: ['under the little jetty', 'behind the bulrushes', 'next to a mossy log', 'on a flat stone'],
    sights: [
      `Water lilies floated like plates on a table.`,
      `A row of ducklings paddled behind their mother.`,
      `Frogs plopped into the water one after another.`,
      `The sky lay upside down in the still water.`,
    ],
    dwellers: ['frog', 'duckling', 'newt'],
  },
  {
    name: 'the clearing',
    in: 'in the clearing',
    outdoor: true,
    folk: ANIMAL,
    spots: [
      'beneath a giant fern',
      'behind the bramble bush',
      'beside a hollow log',
      'on top of a tree stump',
    ],
    sights: [
      `The sun made a round warm spot in the middle.`,
      `Tiny blue flowers had opened overnight.`,
      `A family of beetles was moving house.`,
      `Feathers of light fell through the leaves.`,
    ],
    dwellers: ['beetle', 'cuckoo', 'moth'],
  },
  {
    name: 'the library',
    in: 'in the library',
    outdoor: false,
    folk: CHILD,
    spots: [
      'behind the atlas shelf',
      'under the reading table',
      'beside the globe',
      'between two thick books',
    ],
    sights: [
      `It was so quiet that one could hear the clock think.`,
      `Dust danced in the light from the tall windows.`,
      `The librarian stamped a book, thump, thump.`,
      `Somebody turned a page with a soft sigh.`,
    ],
    dwellers: ['cat', 'spider', 'moth'],
  },
  {
    name: 'the attic',
    in: 'in the attic',
    outdoor: false,
    folk: CHILD,
    spots: [
      'behind the old mirror',
      'under a dusty sheet',
      'inside an empty trunk',
      'beside the rocking horse',
    ],
    sights: [
      `Rain or shine, it always smelled of wood and old coats.`,
      `One small window looked out over the roofs.`,
      `Boxes were piled up to the beams.`,
      `The floor creaked a different note at every step.`,
    ],
    dwellers: ['spider', 'bat', 'moth'],
  },
  {
    name: 'the kitchen',
    in: 'in the kitchen',
    outdoor: false,
    folk: BOTH,
    spots: ['under the table', 'behind the flour jar', 'beside the warm stove', 'on the lowest shelf'],
    sights: [
      `A kettle was singing on the stove.`,
      `The whole room smelled of cinnamon.`,
      `Onions hung from the ceiling on a string.`,
      `Steam had painted the windows white.`,
    ],
    dwellers: ['cricket', 'spider', 'moth'],
  },
];
