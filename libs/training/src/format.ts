// Events as lines for people, one line per event, with ` | ` between the parts.
import type { TrainingEvent } from './events.js';

/**
 * Formats an event as one line, such as
 * `step 120/2000 | loss 2.31 | lr 3.0e-4 | 41,200 tok/s | eta 1m12s` or
 * `eval 500/2000 | train 2.31 | valid 2.40 | perplexity 11.0 | best`.
 */
export function progressLine(event: TrainingEvent): string {
  const position = event.totalSteps === undefined ? `${event.step}` : `${event.step}/${event.totalSteps}`;
  switch (event.type) {
    case 'start':
      return [
        `${event.resumed ? 'resume' : 'start'} ${position}`,
        `${event.parameters.toLocaleString('en-US')} parameters`,
        ...event.warnings,
      ].join(' | ');
    case 'step': {
      const parts = [
        `step ${position}`,
        `loss ${formatLoss(event.loss)}`,
        `lr ${event.learningRate.toExponential(1)}`,
        `${formatRate(event.tokensPerSecond)} tok/s`,
      ];
      if (event.eta !== undefined) parts.push(`eta ${formatDuration(event.eta)}`);
      return parts.join(' | ');
    }
    case 'evaluation': {
      const parts = [`eval ${position}`];
      if (event.trainLoss !== undefined) parts.push(`train ${formatLoss(event.trainLoss)}`);
      parts.push(`valid ${formatLoss(event.validationLoss)}`, `perplexity ${formatLoss(event.perplexity)}`);
      if (event.best) parts.push('best');
      return parts.join(' | ');
    }
    case 'checkpoint':
      return `saved ${position} | ${event.path}`;
    case 'done': {
      const parts = [`done ${position}`, DONE[event.reason]];
      if (event.best) parts.push(`best valid ${formatLoss(event.best.loss)} at step ${event.best.step}`);
      parts.push(formatDuration(event.elapsed));
      return parts.join(' | ');
    }
  }
}

const DONE = {
  maxSteps: 'all steps done',
  maxEpochs: 'all epochs done',
  earlyStopping: 'early stopping',
  interrupted: 'interrupted',
} as const;

/** Formats a loss with three significant digits, `2.31`, `11.0`, `0.0123`; from 1000 as an integer, `4,096`. */
export function formatLoss(loss: number): string {
  if (!Number.isFinite(loss)) return String(loss);
  if (Math.abs(loss) >= 999.5) {
    return Math.abs(loss) < 1e9 ? Math.round(loss).toLocaleString('en-US') : loss.toExponential(2);
  }
  return loss.toPrecision(3);
}

/** Formats a rate with three significant digits and thousands separators: `41,200`, `3.14`. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '-';
  return Number(perSecond.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/** Formats seconds in the two largest units: `0s`, `42s`, `1m12s`, `2h05m`, `3d04h`; `-` when not finite. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  const total = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(total / 60);
  if (minutes === 0) return `${total}s`;
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes}m${two(total % 60)}s`;
  const days = Math.floor(hours / 24);
  if (days === 0) return `${hours}h${two(minutes % 60)}m`;
  return `${days}d${two(hours % 24)}h`;
}
