import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint, Program, TrainingReport } from '@ravine/training';
import { predictionsCsv } from './artifacts.js';
import type { Channel } from './channel.js';
import { createCheckpointKeeper } from './checkpoint-keeper.js';
import { createMetricBuffer } from './metric-buffer.js';
import { peakMemoryBytes } from './peak-memory.js';
import type { FromChild, TrainStart } from './protocol.js';

/** At most this often progress, metrics and events leave for the database. */
const INTERVAL_MS = 500;

type Event = Extract<FromChild<'train'>, { type: 'events' }>['events'][number];
type ReportOf<T extends TrainingReport['type']> = Extract<TrainingReport, { type: T }>;

/** Turns what the trainer reports into messages for the parent; bytes become files in the job's folder. */
export interface Reporter {
  ready(program: Program, resume: Checkpoint | null): Promise<void>;
  report(report: TrainingReport): Promise<void>;
  warn(message: string): Promise<void>;
  /** Sends what is held back and waits until everything is stored. */
  flush(): Promise<void>;
}

export function createReporter(start: TrainStart, channel: Channel<'train'>): Reporter {
  const clock = () => performance.now();
  const began = clock();
  const metrics = createMetricBuffer();
  let events: Event[] = [];
  let progress: ReportOf<'progress'>['progress'] | null = null;
  let validationAccuracy: number | null = null;
  let phase: string | null = null;
  let sentAt = Number.NEGATIVE_INFINITY;

  const sendHeld = async (): Promise<void> => {
    sentAt = clock();
    if (metrics.size > 0) await channel.store({ type: 'metrics', ...metrics.take() });
    const news = events;
    events = [];
    if (news.length > 0) await channel.store({ type: 'events', events: news });
    if (!progress) return;
    const latest = { ...progress, validationAccuracy };
    progress = null;
    const trainSeconds = (clock() - began) / 1000;
    channel.send({ type: 'progress', progress: latest, trainSeconds, peakMemoryBytes: peakMemoryBytes() });
  };
  const sendHeldSometimes = async (): Promise<void> => {
    if (clock() - sentAt >= INTERVAL_MS) await sendHeld();
  };
  const checkpoints = createCheckpointKeeper({ channel, folder: start.folder, before: sendHeld });
  const saveArtifact = async (kind: string, fileName: string, contentType: string, content: string) => {
    const path = join(start.folder, fileName);
    await writeFile(path, content);
    await channel.store({ type: 'artifact', kind, fileName, contentType, path });
  };

  const handlers: { [T in TrainingReport['type']]: (report: ReportOf<T>) => Promise<void> } = {
    async phase({ phase: next }) {
      // Validation belongs to training: it comes and goes with every epoch.
      if (next === 'validating' || next === phase) return;
      phase = next;
      await sendHeld();
      channel.send({ type: 'phase', phase });
    },
    async steps({ firstStep, losses, learningRates, gradientNorms }) {
      metrics.addSteps('train.loss', firstStep, losses);
      metrics.addSteps('learningRate', firstStep, learningRates);
      metrics.addSteps('gradientNorm', firstStep, gradientNorms);
      await sendHeldSometimes();
    },
    async progress(report) {
      progress = report.progress;
      await sendHeldSometimes();
    },
    async epoch({ type: _, epoch, step, best, divergence, ...numbers }) {
      validationAccuracy = numbers.validationAccuracy;
      metrics.add('epoch.train.loss', step, numbers.trainLoss);
      metrics.add('epoch.train.accuracy', step, numbers.trainAccuracy);
      metrics.add('validation.loss', step, numbers.validationLoss);
      metrics.add('validation.accuracy', step, numbers.validationAccuracy);
      if (numbers.imagesPerSecond !== null) metrics.add('imagesPerSecond', step, numbers.imagesPerSecond);
      const accuracy = (100 * numbers.validationAccuracy).toFixed(2);
      const message = `epoch ${epoch}: validation accuracy ${accuracy} %${best ? ', the best so far' : ''}`;
      events.push({ kind: 'epoch', level: 'info', message, data: { epoch, step, best, ...numbers } });
      if (divergence !== null)
        events.push({ kind: 'divergence', level: 'warning', message: divergence, data: { epoch, step } });
      await sendHeldSometimes();
    },
    checkpoint: (report) => checkpoints.store(report),
    async rollback({ step, failure, rollbacks, maxRollbacks, learningRateFactor }) {
      await sendHeld();
      const message = `${failure.message}: the run goes back to step ${step}, for the ${rollbacks}. of at most ${maxRollbacks} times, and on with learning rates times ${learningRateFactor}`;
      const data = { step, failedStep: failure.step, code: failure.code, rollbacks, learningRateFactor };
      const event = { kind: 'rollback', level: 'warning' as const, message, data };
      await channel.store({ type: 'rollback', step, event });
    },
    async evaluation({ evaluation, seconds, results, labels }) {
      const split = evaluation.split === 'train' ? 'validation' : evaluation.split;
      const body = { ...evaluation, split, seconds };
      await channel.store({ type: 'evaluation', evaluation: body });
      await saveArtifact('evaluation', 'evaluation.json', 'application/json', json(body));
      await saveArtifact('recipe', 'recipe.json', 'application/json', json(start.recipe));
      const csv = predictionsCsv(results, labels, start.manifest.classes);
      await saveArtifact('predictions', 'predictions.csv', 'text/csv; charset=utf-8', csv);
    },
  };

  return {
    async ready(program, resume) {
      const parameterCount = program.parameters.reduce(
        (total, { shape }) => total + shape.reduce((product, size) => product * size, 1),
        0,
      );
      const resumedAt = resume?.metadata.position.step ?? null;
      await channel.store({ type: 'ready', parameterCount, resumedAt });
    },
    // The handler was picked by the same type as the report.
    report: (report) => handlers[report.type](report as never),
    async warn(message) {
      events.push({ kind: 'warning', level: 'warning', message, data: {} });
    },
    async flush() {
      await sendHeld();
      await channel.settled();
    },
  };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
