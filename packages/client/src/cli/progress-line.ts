import type { Job, Progress } from '@ravine/contracts';
import { duration, percent } from './format.js';
import type { Io } from './io.js';
import { printable } from './printable.js';

/** Without a terminal, a line of progress is written at most this often. */
const PLAIN_INTERVAL_MS = 3_000;

/** One line on stderr that is redrawn in a terminal, and otherwise repeated now and then. */
export function createProgressLine(io: Io) {
  let shown = '';
  let lastMs = Date.now();
  const erase = () => {
    if (io.columns !== null && shown !== '') io.err('\r\x1b[2K');
  };
  return {
    update(line: string) {
      const text = printable(line);
      if (text === shown) return;
      if (io.columns !== null) {
        erase();
        io.err(text.slice(0, io.columns - 1));
        shown = text;
      } else if (Date.now() - lastMs >= PLAIN_INTERVAL_MS) {
        io.err(`${text}\n`);
        shown = text;
        lastMs = Date.now();
      }
    },
    /** Writes a line that stays, above the line of progress. */
    note(text: string) {
      erase();
      io.err(`${printable(text)}\n`);
      if (io.columns !== null && shown !== '') io.err(shown.slice(0, io.columns - 1));
    },
    /** Removes the line. */
    clear() {
      erase();
      shown = '';
    },
  };
}

export function progressText({ status, phase, progress }: Job): string {
  return progress === null ? (phase ?? status) : `${phase ?? status}: ${numbers(progress)}`;
}

function numbers(progress: Progress): string {
  const { epoch, epochs, step, totalSteps, loss, validationAccuracy, learningRate } = progress;
  const parts = [`epoch ${epoch}/${epochs}`, `step ${step}/${totalSteps}`];
  if (loss !== null) parts.push(`loss ${loss.toFixed(4)}`);
  if (validationAccuracy !== null) parts.push(`validation ${percent(validationAccuracy)}`);
  if (learningRate !== null) parts.push(`lr ${learningRate.toExponential(2)}`);
  if (progress.imagesPerSecond !== null) parts.push(`${Math.round(progress.imagesPerSecond)} images/s`);
  if (progress.etaSeconds !== null) parts.push(`ETA ${duration(progress.etaSeconds)}`);
  return parts.join('  ');
}
