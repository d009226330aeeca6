export { Parameter, ConstantBuffer } from './parameter.js';
export { Module } from './module.js';
export { KeyValueCache } from './key-value-cache.js';
export { Capture, type CapturedValue } from './capture.js';
export type { ForwardOptions, LayerOptions } from './forward-options.js';
