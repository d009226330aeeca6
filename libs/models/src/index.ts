export * from './index.browser.js';
export { savePretrained } from './files/save-pretrained.js';
