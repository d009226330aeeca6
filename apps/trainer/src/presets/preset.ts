// What a preset is.
import type { Settings } from '../settings.js';

/** A named starting point. */
export interface Preset {
  /** One line for the help. */
  readonly about: string;
  /** What differs from the defaults in settings.ts. */
  readonly settings: Partial<Settings>;
}

/** A set of presets by name. */
export type Presets = Readonly<Record<string, Preset>>;

/** Presets that share most of their settings: each entry says what it is and what is its own. */
export function family(
  shared: Partial<Settings>,
  members: Readonly<Record<string, readonly [about: string, own: Partial<Settings>]>>,
): Presets {
  return Object.fromEntries(
    Object.entries(members).map(([name, [about, own]]) => [name, { about, settings: { ...shared, ...own } }]),
  );
}
