// Helpers of the tests.
import { tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { expect } from 'vitest';
import type { Module } from '../index.js';

export const random = new Random('layers test');

/** Normally distributed values. */
export function noise(...shape: number[]): tf.Tensor3D {
  const values = new Float32Array(shape.reduce((size, n) => size * n, 1));
  random.fillNormal(values);
  return tf.tensor3d(values, shape as [number, number, number]);
}

export function values(x: tf.Tensor): Float32Array {
  return x.dataSync<'float32'>();
}

/** Runs `body` in a tidy, disposes `modules`, and expects that no tensor is left. */
export function expectNoLeaks(modules: Module[], body: () => void): void {
  const parameters = new Set(
    modules.flatMap((module) => [...module.namedParameters()].map(([, one]) => one)),
  );
  const before = tf.memory().numTensors - parameters.size;
  tf.tidy(body);
  for (const module of modules) module.dispose();
  expect(tf.memory().numTensors).toBe(before);
}
