// Presets: named starting points.
import type { GivenSettings } from '../settings.js';

/** A named starting point. */
export interface Preset {
  /** One line for the help. */
  readonly about: string;
  /** What differs from the defaults, model included. */
  readonly settings: GivenSettings & { readonly model: string };
}

/** Presets by name. */
export type Presets = Readonly<Record<string, Preset>>;

/** Presets with shared settings: each entry has a line for the help and its own settings. */
export function family<Shared extends GivenSettings>(
  shared: Shared,
  members: Readonly<
    Record<
      string,
      readonly [
        about: string,
        own: GivenSettings & (Shared extends { model: string } ? object : { model: string }),
      ]
    >
  >,
): Presets {
  return Object.fromEntries(
    Object.entries(members).map(([name, [about, own]]) => [
      name,
      { about, settings: { ...shared, ...own } as unknown as Preset['settings'] },
    ]),
  );
}
