// Sources of models in a page: files in memory only.
import type * as node from './model-source.node.js';

/** @throws TypeError always: pages have no paths */
export const locate: typeof node.locate = (source) => {
  throw new TypeError(
    `source: ${JSON.stringify(source)}. Expected a Map from the names of files to Blobs or bytes: a page has no paths.`,
  );
};
