export * from './index.browser.js';
export { writeFileAtomic } from './files/atomic-file.js';
export { RunFolder } from './run-folder/run-folder.js';
export { writeSafetensors } from './safetensors/write-safetensors.js';
