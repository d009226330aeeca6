// Events as lines for people: one greppable line each, with ` | ` between the parts. Leaves out
// writing them anywhere; a terminal may rewrite the line in place.
import type { TrainingEvent } from './events.js';

/**
 * One line for an event, such as
 * `step 120/2000 | loss 2.31 | lr 3.0e-4 | 41,200 tok/s | eta 1m12s` or
 * `eval 500/2000 | train 2.31 | valid 2.40 | perplexity 11.0 | best`.
 */
export function progressLine(event: TrainingEvent): string {
  const place = event.totalSteps === undefined ? `${event.step}` : `${event.step}/${event.totalSteps}`;
  switch (event.type) {
    case 'start':
      return [
        `${event.resumed ? 'resume' : 'start'} ${place}`,
        `${event.parameters.toLocaleString('en-US')} parameters`,
        ...event.warnings,
      ].join(' | ');
    case 'step': {
      const parts = [
        `step ${place}`,
        `loss ${formatLoss(event.loss)}`,
        `lr ${event.learningRate.toExponential(1)}`,
        `${formatRate(event.tokensPerSecond)} tok/s`,
      ];
      if (event.eta !== undefined) parts.push(`eta ${formatDuration(event.eta)}`);
      return parts.join(' | ');
    }
    case 'evaluation': {
      const parts = [`eval ${place}`];
      if (event.trainLoss !== undefined) parts.push(`train ${formatLoss(event.trainLoss)}`);
      parts.push(`valid ${formatLoss(event.validationLoss)}`, `perplexity ${formatLoss(event.perplexity)}`);
      if (event.best) parts.push('best');
      return parts.join(' | ');
    }
    case 'checkpoint':
      return `saved ${place} | ${event.path}`;
    case 'done': {
      const parts = [`done ${place}`, DONE[event.reason]];
      if (event.best) parts.push(`best valid ${formatLoss(event.best.loss)} at step ${event.best.step}`);
      parts.push(formatDuration(event.elapsed));
      return parts.join(' | ');
    }
  }
}

const DONE = {
  steps: 'all steps made',
  epochs: 'all epochs made',
  earlyStop: 'stopped early: no improvement',
  interrupted: 'interrupted',
} as const;

/** Three digits that mean something: `2.31`, `11.0`, `0.0123`; from 1000 on whole: `4,096`. */
export function formatLoss(loss: number): string {
  if (!Number.isFinite(loss)) return String(loss);
  if (Math.abs(loss) >= 999.5) {
    return Math.abs(loss) < 1e9 ? Math.round(loss).toLocaleString('en-US') : loss.toExponential(2);
  }
  return loss.toPrecision(3);
}

/** A rate of something a second, to three digits, with thousands marked: `41,200`, `3.14`. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '-';
  return Number(perSecond.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/** Seconds as the two largest units: `0s`, `42s`, `1m12s`, `2h05m`, `3d04h`; `-` when not finite. */
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
