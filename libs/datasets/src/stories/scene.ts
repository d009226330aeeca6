// One story while it is being told: its cast, and the text so far. Arcs speak through it.
import type { Random } from '@lilformer/random';
import { expand, type Forms, type Speaker } from './grammar.js';
import type { Keepsake } from './prose/keepsakes.js';
import { PHRASES } from './prose/phrases.js';
import type { Trait } from './world/traits.js';
import type { Folk } from './world/people.js';
import type { Place } from './world/places.js';
import type { Weather } from './world/weather.js';

/** The facts of a story, fixed before the first word. */
export interface World {
  readonly folk: Folk;
  readonly trait: Trait;
  readonly friendTrait: Trait;
  readonly place: Place;
  readonly weather: Weather;
  /** hero, friend, elder, thing, other, place, home and what an arc adds. */
  readonly roles: Record<string, Forms>;
}

/** A kind of story. */
export interface Arc {
  readonly name: string;
  /** The nouns that suit its thing and its other thing; without a list, all do. */
  readonly thing?: readonly string[];
  readonly other?: readonly string[];
  /** Whether the story begins by telling that the thing is the hero's. */
  readonly owns?: boolean;
  /** Whether the arc has a weather of its own, so that the ending keeps silent about it. */
  readonly ownWeather?: boolean;
  readonly place?: 'outdoor' | readonly string[];
  /** Only for children (or only for animals). */
  readonly folk?: Folk;
  /** Tells the middle of the story, from the trouble to its end. */
  tell(scene: Scene): void;
  /** What it taught, as whole sentences; the ending takes one. */
  readonly lessons: readonly string[];
}

/** A teller: chooses among paraphrases and writes them down. */
export class Scene implements Speaker {
  readonly roles: Record<string, Forms>;
  /** What has been brought up and may be taken up again: 'home', 'friend', 'thing', … */
  readonly told = new Set<string>();
  /** How long the text is so far. */
  characters = 0;
  private paragraphs: string[] = [];
  private sentences: string[] = [];

  constructor(
    private readonly random: Random,
    readonly world: World,
    /** The small thread that runs beside the plot. */
    readonly keepsake?: Keepsake,
  ) {
    this.roles = world.roles;
  }

  integer(n: number): number {
    return this.random.integer(n);
  }

  phrases(name: string): readonly string[] {
    const patterns = PHRASES[name];
    if (patterns === undefined) throw new Error(`<${name}>: the phrase book has no such phrase`);
    return patterns;
  }

  /** True this share of the time. */
  chance(share: number): boolean {
    return this.random.uniform() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(list.length)];
  }

  /** Says one of these patterns; each is one or more whole sentences. */
  say(...patterns: readonly string[]): void {
    const said = expand(this.pick(patterns), this);
    // polish() cannot tell whether a sentence begins after a quoted exclamation; here it surely does.
    const text = said.charAt(0).toUpperCase() + said.slice(1);
    this.sentences.push(text);
    this.characters += text.length + 1;
  }

  /** Says one of these patterns this share of the time. */
  maybe(share: number, ...patterns: readonly string[]): void {
    if (this.chance(share)) this.say(...patterns);
  }

  /** Fixes a choice for the rest of the story: `{name}` is from now on one of these, `{name:the}` the same with "the". */
  let(name: string, ...patterns: readonly string[]): void {
    const text = expand(this.pick(patterns), this);
    this.roles[name] = { name: text, the: text.replace(/^an? /, 'the ') };
  }

  /** Does one of these. */
  branch(...ways: readonly (() => void)[]): void {
    this.pick(ways)();
  }

  /** Says about somebody what holds for anybody: within the pattern, {who} is the one in that role. */
  about(role: string, ...patterns: readonly string[]): void {
    this.roles.who = this.roles[role];
    this.say(...patterns);
  }

  /** Makes `{shows}`, `{praise}` or, for a reason, `{because}` what the trait of the hero (or friend) gives for it. */
  trait(name: 'shows' | 'cares' | 'dares' | 'praise', role: 'hero' | 'friend' = 'hero'): void {
    if (role === 'hero' && (name === 'cares' || name === 'dares')) this.told.add('reason');
    this.roles.who = this.roles[role];
    this.let(
      name === 'cares' || name === 'dares' ? 'because' : name,
      ...(role === 'hero' ? this.world.trait : this.world.friendTrait)[name],
    );
  }

  /** Ends the paragraph. */
  paragraph(): void {
    if (this.sentences.length > 0) this.paragraphs.push(this.sentences.join(' '));
    this.sentences = [];
  }

  /** The paragraphs told so far. */
  text(separator: string): string {
    this.paragraph();
    return this.paragraphs.join(separator);
  }
}
