// Rate and remaining time of a download or an encoding.

export interface Progress {
  /** Bytes done; for a resumed download, including those of earlier runs. */
  bytes: number;
  /** Total bytes, if known. */
  totalBytes?: number;
  /** Bytes per second over the last few seconds. */
  bytesPerSecond: number;
  /** Remaining seconds at that rate, if the total is known. */
  etaSeconds?: number;
}

const WINDOW_MS = 8000;
const INTERVAL_MS = 100;

/** Converts byte counts to `Progress`, at most ten times a second. */
export class ProgressMeter {
  private readonly samples: { at: number; bytes: number }[];
  private reported = -Infinity;

  constructor(startBytes: number) {
    this.samples = [{ at: performance.now(), bytes: startBytes }];
  }

  /** Returns the progress, or undefined when the last report is too recent and `always` is not set. */
  update(bytes: number, totalBytes: number | undefined, always = false): Progress | undefined {
    const at = performance.now();
    if (!always && at - this.reported < INTERVAL_MS) return undefined;
    this.reported = at;
    this.samples.push({ at, bytes });
    while (this.samples.length > 2 && at - this.samples[1].at > WINDOW_MS) this.samples.shift();
    const first = this.samples[0];
    const seconds = (at - first.at) / 1000;
    const bytesPerSecond = seconds > 0 ? Math.max(0, bytes - first.bytes) / seconds : 0;
    const progress: Progress = { bytes, bytesPerSecond };
    if (totalBytes !== undefined) {
      progress.totalBytes = totalBytes;
      if (bytes >= totalBytes) progress.etaSeconds = 0;
      else if (bytesPerSecond > 0) progress.etaSeconds = (totalBytes - bytes) / bytesPerSecond;
    }
    return progress;
  }
}
