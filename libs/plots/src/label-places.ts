// Where the names of points go so that they cover neither each other nor the points: each tries places around its
// point, nearest first, and a few rounds let early ones make room for late ones. Not the best of all arrangements,
// but always the same one for the same points.
import type { Box } from './chart.js';

export interface Label {
  /** The point, in units. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** The middle-left of where a label starts, and whether it is so far off that a line should lead to it. */
export interface Place {
  readonly left: number;
  readonly top: number;
  readonly far: boolean;
}

const HEIGHT = 15;
const POINT = 6;
const ROUNDS = 4;

interface Candidate extends Place {
  readonly cost: number;
}

/** A place inside `box` for each label. */
export function placeLabels(labels: readonly Label[], box: Box): Place[] {
  const candidates = labels.map((label) => around(label, box, labels));
  const chosen: Candidate[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, options] of candidates.entries()) {
      let best: Candidate | undefined;
      let least = Infinity;
      for (const option of options) {
        let cost = option.cost;
        for (const [j, other] of chosen.entries()) {
          if (j !== i) cost += 40 * overlap(option, labels[i].width, other, labels[j].width);
        }
        if (cost < least) [best, least] = [option, cost];
      }
      chosen[i] = best!;
    }
  }
  return chosen;
}

/** Places right, left, above, below and askew of a point, at growing distances, with what each costs alone. */
function around({ x, y, width }: Label, box: Box, all: readonly Label[]): Candidate[] {
  const candidates: Candidate[] = [];
  for (const distance of [9, 16, 26, 38, 52, 68, 90, 120]) {
    for (let turn = 0; turn < 16; turn++) {
      const angle = (turn * Math.PI) / 8;
      const [dx, dy] = [Math.cos(angle) * distance, Math.sin(angle) * distance];
      // The label's nearest edge, not its middle, is at the distance.
      const left =
        x +
        dx -
        width *
          (0.5 -
            0.5 *
              Math.sign(Math.round(Math.cos(angle) * 1e6)) *
              Math.min(1, Math.abs(Math.cos(angle)) * 1.5));
      const top = y + dy - HEIGHT / 2;
      const inside = clamp(left, box.left + 2, box.left + box.width - width - 2);
      const within = clamp(top, box.top + 2, box.top + box.height - HEIGHT - 2);
      const moved = Math.abs(inside - left) + Math.abs(within - top);
      const place = { left: inside, top: within, far: distance > 16 };
      let covered = 0;
      for (const point of all) covered += covers(place, width, point) ? 1 : 0;
      const askew = turn % 4 === 0 ? 0 : turn % 2 === 0 ? 2 : 4;
      candidates.push({ ...place, cost: distance + askew + moved + 400 * covered });
    }
  }
  return candidates;
}

function overlap(a: Place, aWidth: number, b: Place, bWidth: number): number {
  const across = Math.min(a.left + aWidth, b.left + bWidth) - Math.max(a.left, b.left) + 4;
  const down = Math.min(a.top, b.top) + HEIGHT - Math.max(a.top, b.top) + 1;
  return across > 0 && down > 0 ? 4 + Math.sqrt(across * down) : 0;
}

function covers({ left, top }: Place, width: number, { x, y }: Label): boolean {
  return x > left - POINT && x < left + width + POINT && y > top - POINT + 2 && y < top + HEIGHT + POINT - 2;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
