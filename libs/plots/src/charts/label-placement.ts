// Placement of point labels so that they cover neither each other nor the points: each label tries positions around
// its point, nearest first, in a few rounds. Deterministic, not optimal.
import type { Box } from './panels.js';

/** Label of a point: the point in SVG units and the width of the text. */
export interface PointLabel {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface LabelPosition {
  readonly left: number;
  readonly top: number;
  /** Whether a line should connect the label to its point. */
  readonly far: boolean;
}

const HEIGHT = 15;
const POINT_RADIUS = 6;
const ROUNDS = 4;

interface Candidate extends LabelPosition {
  readonly cost: number;
}

/** Position inside `box` of each label. */
export function placeLabels(labels: readonly PointLabel[], box: Box): LabelPosition[] {
  const candidates = labels.map((label) => candidatesAround(label, box, labels));
  const chosen: Candidate[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, options] of candidates.entries()) {
      let best: Candidate | undefined;
      let lowest = Infinity;
      for (const option of options) {
        let cost = option.cost;
        for (const [j, other] of chosen.entries()) {
          if (j !== i) cost += 40 * overlap(option, labels[i].width, other, labels[j].width);
        }
        if (cost < lowest) [best, lowest] = [option, cost];
      }
      chosen[i] = best!;
    }
  }
  return chosen;
}

/** Positions in 16 directions at growing distances, with the cost of each without other labels. */
function candidatesAround({ x, y, width }: PointLabel, box: Box, points: readonly PointLabel[]): Candidate[] {
  const candidates: Candidate[] = [];
  for (const distance of [9, 16, 26, 38, 52, 68, 90, 120]) {
    for (let turn = 0; turn < 16; turn++) {
      const angle = (turn * Math.PI) / 8;
      const [dx, dy] = [Math.cos(angle) * distance, Math.sin(angle) * distance];
      // The distance is measured to the label's nearest edge, not to its center.
      const side =
        Math.sign(Math.round(Math.cos(angle) * 1e6)) * Math.min(1, Math.abs(Math.cos(angle)) * 1.5);
      const left = x + dx - width * (0.5 - 0.5 * side);
      const top = y + dy - HEIGHT / 2;
      const insideX = clamp(left, box.left + 2, box.left + box.width - width - 2);
      const insideY = clamp(top, box.top + 2, box.top + box.height - HEIGHT - 2);
      const moved = Math.abs(insideX - left) + Math.abs(insideY - top);
      const position = { left: insideX, top: insideY, far: distance > 16 };
      const covered = points.filter((point) => covers(position, width, point)).length;
      const diagonal = turn % 4 === 0 ? 0 : turn % 2 === 0 ? 2 : 4;
      candidates.push({ ...position, cost: distance + diagonal + moved + 400 * covered });
    }
  }
  return candidates;
}

function overlap(a: LabelPosition, aWidth: number, b: LabelPosition, bWidth: number): number {
  const across = Math.min(a.left + aWidth, b.left + bWidth) - Math.max(a.left, b.left) + 4;
  const down = Math.min(a.top, b.top) + HEIGHT - Math.max(a.top, b.top) + 1;
  return across > 0 && down > 0 ? 4 + Math.sqrt(across * down) : 0;
}

function covers({ left, top }: LabelPosition, width: number, { x, y }: PointLabel): boolean {
  return (
    x > left - POINT_RADIUS &&
    x < left + width + POINT_RADIUS &&
    y > top - POINT_RADIUS + 2 &&
    y < top + HEIGHT + POINT_RADIUS - 2
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
