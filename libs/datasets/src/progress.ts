// Rate and time left of something that moves bytes. Printing is the caller's business.

/** How far a download or an encoding has come. */
export interface Progress {
  /** Bytes done, of a resumed download also those of earlier runs. */
  bytes: number;
  /** Bytes in all, where they are known. */
  totalBytes?: number;
  /** Bytes per second over the last few seconds. */
  bytesPerSecond: number;
  /** Seconds left at that rate, where the total is known. */
  etaSeconds?: number;
}

const WINDOW_MS = 8000;
const INTERVAL_MS = 100;

/** Turns counts of bytes into `Progress`, at most ten times a second. */
export class ProgressMeter {
  private readonly samples: { at: number; bytes: number }[];
  private reported = -Infinity;

  constructor(
    startBytes: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.samples = [{ at: now(), bytes: startBytes }];
  }

  /** The progress to report now, or undefined when the last report is too recent and `always` is not set. */
  update(bytes: number, totalBytes: number | undefined, always = false): Progress | undefined {
    const at = this.now();
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
