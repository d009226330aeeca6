// Where and in which weather stories happen. A story keeps to the spots and sights of its one place.
import { table } from './table.js';

/** `tags`: who goes there, what suits it; `spots`: where something can lie; `animals`: small ones there. */
export const PLACES = table(`
name; in; tags; spots; sights; animals
the park; in the park; child outdoor soil; under the long bench|behind the fountain|beside the swings|between
  two rose bushes; Ducks swam in slow circles on the pond.|A man was selling balloons by the gate.|Two old
  ladies fed the pigeons and argued about the weather.|The fountain splashed and glittered.;
  pigeon|duck|sparrow
the beach; at the beach; child outdoor; behind a sand dune|next to a rock pool|under an upturned boat|among
  the seaweed; The waves rolled in and rolled out again.|Gulls cried above the water.|The sand was warm and
  full of shells.|Far away, a tiny ship crept along the edge of the sea.; crab|gull|starfish
the farm; on the farm; child outdoor soil; behind the henhouse|under the hay wagon|beside the water
  trough|next to the barn door; The hens scratched in the yard and gossiped.|A fat pig slept in the mud.|The
  old tractor coughed and rattled.|Lambs jumped about as if the grass were hot.; hen|lamb|goose
the playground; on the playground; child outdoor; at the bottom of the slide|under the climbing frame|in the
  sandpit|behind the seesaw; The swings creaked like old doors.|Children slid and climbed and
  shouted.|Somebody had drawn a chalk snake all across the ground.|The merry-go-round was spinning without
  anyone on it.; sparrow|beetle|ant
the garden; in the garden; child animal outdoor soil; under the pumpkin leaves|beside the watering can|behind
  the shed|among the tulips; Bees bumbled from flower to flower.|The beans had climbed right to the top of
  their poles.|A sprinkler ticked on the grass and made small rainbows.|The tomatoes were almost ripe.;
  robin|ladybug|snail
the meadow; in the meadow; child animal outdoor soil; in the tall grass|beside the wooden gate|under a
  hawthorn hedge|next to a molehill; The grass bent and rose like a green sea.|Grasshoppers played their tiny
  fiddles.|Poppies and daisies nodded on all sides.|A lark sang so high up that nobody could see it.;
  grasshopper|butterfly|lark
the forest; in the forest; child animal outdoor soil autumn; behind a fallen tree|under a heap of
  leaves|between the roots of an oak|beside a ring of mushrooms; The light came through the branches in long
  thin stripes.|A woodpecker knocked and knocked, but no one opened.|Pine cones dropped softly onto the
  moss.|The trees whispered to each other.; woodpecker|deer|beetle
the river; by the river; child animal outdoor soil autumn; under the stone bridge|among the reeds|behind a
  willow|beside a row of stepping stones; The water ran over the pebbles and chattered.|Little fish flashed
  like spoons.|Dragonflies hung above the reeds.|A heron stood on one leg and pretended to be a stick.;
  heron|frog|dragonfly
the hill; on the hill; child animal outdoor soil autumn; behind a big gray rock|beside the crooked pine|in a
  patch of clover|near the top of the path; From up there the whole valley looked like a quilt.|The windmill
  turned its arms without hurry.|Cloud shadows slid over the slopes.|Sheep dotted the side of it like
  buttons.; goat|hawk|lizard
the pond; at the pond; child animal outdoor; under the little jetty|behind the bulrushes|next to a mossy
  log|on a flat stone; Water lilies floated like plates on a table.|A row of ducklings paddled behind their
  mother.|Frogs plopped into the water one after another.|The sky lay upside down in the still water.;
  frog|duckling|newt
the clearing; in the clearing; animal outdoor soil; beneath a giant fern|behind the bramble bush|beside a
  hollow log|on top of a tree stump; The sun made a round warm spot in the middle.|Tiny blue flowers had
  opened overnight.|A family of beetles was moving house.|Feathers of light fell through the leaves.;
  beetle|cuckoo|moth
the library; in the library; child indoor autumn; behind the atlas shelf|under the reading table|beside the
  globe|between two thick books; It was so quiet that one could hear the clock think.|Dust danced in the light
  from the tall windows.|The librarian stamped a book, thump, thump.|Somebody turned a page with a soft sigh.;
  cat|spider|moth
the kitchen; in the kitchen; child animal indoor autumn; under the table|behind the flour jar|beside the warm
  stove|on the lowest shelf; A kettle was singing on the stove.|The whole room smelled of cinnamon.|Onions
  hung from the ceiling on a string.|Steam had painted the windows white.; cricket|spider|moth`);

/** `needs`: tag of the places that it suits; `starts`, `ends`: sentences for the start and end of a day. */
export const WEATHERS = table(`
name; needs; starts; ends
sunny; ; The sun was shining [brightly|on every roof|through the leaves].|There was not [one|a single] cloud
  in the sky.|It was [so warm that even the cats looked for shade|warm and bright].; The sun went down like a
  ripe peach.|The last sunshine lay golden on the [grass|windows].
windy; ; The wind was pulling at every [hat|branch|leaf].|It was so windy that the [trees|bushes] bowed to
  each other.|The wind had swept the sky clean.; The wind was still singing in the chimney.|Outside, the wind
  grew tired and lay down.
cloudy; ; Fat gray clouds sat on the hills.|The clouds looked like [a flock of sheep|a heap of pillows].|The
  sky was as gray as a [goose|pigeon].; One by one the clouds drifted apart, and a star came out.|The clouds
  turned pink and then dark.
frosty; indoor; Frost had drawn [ferns|flowers] on all the windows.|The grass was white and crunched
  underfoot.|It was so cold that every breath made a little cloud.; The frost came back in the night, but
  nobody [felt|noticed] it.|Outside it was cold, and inside it was warm.
misty; ; A soft mist hung between the trees.|The mist was as white as milk.|Everything looked [soft|new] in
  the mist.; The mist crept back and tucked everything in.|By evening the mist was gone, and the moon hung
  clear.
fresh; ; It had rained in the night, and everything [dripped and shone|was washed clean].|It smelled of wet
  earth and new leaves.|The birds had been singing since [five o'clock|dawn].; A blackbird sang its evening
  song.|The air smelled of wet earth, even in the dark.
golden; autumn; Golden leaves were falling [everywhere|like slow rain].|It was the time of year when the
  leaves turn red and gold.|Chestnuts rattled down and rolled across the path.; The leaves went on falling,
  soft as slippers.|Somewhere an owl said goodnight to the falling leaves.`);
