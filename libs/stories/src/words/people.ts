// Who can be in a story: children and young animals, and the grown-ups around them.
import { table } from './table.js';

/** Children and animals live in separate worlds: children have aunts and kitchens, animals have burrows. */
export type Folk = 'child' | 'animal';

export const GIRLS = `Ada Alma Anna Bella Clara Daisy Ella Emma Fern Freya Greta Hana Ida Iris Jane Kira Lila
  Lucy Maya Mia Nina Nora Olive Poppy Rosa Ruby Sara Tess Vera Wren Zoe`.split(/\s+/);
export const BOYS = `Adam Ali Anton Ben Carl Dan Eli Felix Finn George Hugo Ian Jack Jonas Kai Leo Luca Max
  Milo Ned Noah Omar Oscar Otto Paul Ravi Sam Theo Tom Toby Yusuf`.split(/\s+/);
export const ANIMAL_NAMES = `Acorn Biscuit Bramble Bilberry Clover Cricket Dot Fidget Hazel Juniper Maple Moss
  Nutmeg Pebble Pepper Pickle Pip Plum Pumpkin Sprout Thistle Tuft Twig Willow`.split(/\s+/);

export const CHILD_LOOKS = `curly hair|a gap between two front teeth|freckles on both cheeks|untidy hair|
  pockets full of pebbles|muddy knees|round glasses|socks that never matched|a very loud laugh|
  a bandage on one knee`;
export const SPECIES = table(`
kind; look
rabbit; long soft ears
mouse; a thin pink tail
fox; a bushy tail
bear; round fuzzy ears
hedgehog; prickles that stood up every which way
squirrel; a tail like a feather duster
mole; a velvet coat
badger; a striped nose
otter; whiskers that were always wet
beaver; two very large front teeth
raccoon; rings around the tail
hamster; cheeks big enough for a whole lunch`);

export const ELDERS = table(`
name; folk; he
Mom; child; she
Dad; child; he
Grandma; child; she
Grandpa; child; he
Aunt June; child; she
Mama; animal; she
Papa; animal; he
Granny; animal; she
Old Turtle; animal; he
Grandpa Toad; animal; he
Mother Owl; animal; she`);

/** `a`: the home when first mentioned. */
export const HOMES = table(`
name; folk; a; door
the yellow house; child; a yellow house at the end of the lane; front door
the little cottage; child; a little cottage beside the mill; front door
the white house; child; a white house near the station; front door
the farmhouse; child; a farmhouse with ivy on the walls; kitchen door
the houseboat; child; a houseboat on the quiet canal; cabin door
the apartment; child; an apartment at the top of ninety-nine stairs; front door
the burrow; animal; a burrow under an old oak; round door
the hollow log; animal; a hollow log at the edge of a clearing; bark door
the den; animal; a den between two mossy rocks; mossy door
the stump; animal; a stump with a roof of leaves; wooden door
the cave; animal; a dry cave behind a waterfall; stone door`);
