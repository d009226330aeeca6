// TensorFlow.js in a page.
import * as tf from '@tensorflow/tfjs-core';

export { tf };
