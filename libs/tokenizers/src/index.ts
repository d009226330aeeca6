export * from './index.browser.js';
export { loadTokenizer, saveTokenizer } from './files/files.js';
