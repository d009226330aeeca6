// TensorFlow.js's cpu backend in a page.
import * as cpu from '@tensorflow/tfjs-backend-cpu';

export { cpu };
