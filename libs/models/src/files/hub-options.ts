// Options of downloads from the Hugging Face Hub.

/** Progress of a download. */
export interface DownloadProgress {
  readonly file: string;
  /** Downloaded bytes of this file, of `total`. */
  readonly bytes: number;
  readonly total: number;
}

/** Options of a download. */
export interface HubOptions {
  /** Branch, tag or commit; default `main`. */
  readonly revision?: string;
  /** Called before the first byte of a file and for each chunk received; not for cached files. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}
