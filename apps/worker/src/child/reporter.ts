import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint, Program, TrainingReport } from '@ravine/training';
import { predictionsCsv } from './artifacts.js';
import type { Channel } from './channel.js';
import { createMetricBuffer } from './metric-buffer.js';
import { peakMemoryBytes } from './peak-memory.js';
import type { TrainStart } from './protocol.js';

/** At most this often progress and metrics leave for the database. */
const INTERVAL_MS = 500;

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
  const began = performance.now();
  const metrics = createMetricBuffer();
  const lastCheckpoint = { best: 0, last: 0 };
  let files = 0;
  let sentAt = Number.NEGATIVE_INFINITY;
  let heldProgress: ReportOf<'progress'>['progress'] | null = null;
  let validationAccuracy: number | null = null;

  const newFile = (name: string): string => join(start.folder, `${++files}-${name}`);

  const sendHeld = async (): Promise<void> => {
    sentAt = performance.now();
    if (metrics.size > 0) await channel.store({ type: 'metrics', ...metrics.take() });
    if (!heldProgress) return;
    const trainSeconds = (performance.now() - began) / 1000;
    const progress = { ...heldProgress, validationAccuracy };
    heldProgress = null;
    channel.send({ type: 'progress', progress, trainSeconds, peakMemoryBytes: peakMemoryBytes() });
  };
  const sendHeldSometimes = async (): Promise<void> => {
    if (performance.now() - sentAt >= INTERVAL_MS) await sendHeld();
  };
  const event = async (
    kind: string,
    level: 'info' | 'warning',
    message: string,
    data: Record<string, unknown> = {},
  ): Promise<void> => void (await channel.store({ type: 'event', kind, level, message, data }));

  const saveArtifact = async (kind: string, fileName: string, contentType: string, content: string) => {
    const path = newFile(fileName);
    await writeFile(path, content);
    await channel.store({ type: 'artifact', kind, fileName, contentType, path });
  };

  const handlers: { [T in TrainingReport['type']]: (report: ReportOf<T>) => Promise<void> } = {
    async phase({ phase }) {
      await sendHeld();
      channel.send({ type: 'phase', phase });
    },
    async steps({ firstStep, losses, learningRates, gradientNorms }) {
      metrics.addSteps('train.loss', firstStep, losses);
      metrics.addSteps('learningRate', firstStep, learningRates);
      metrics.addSteps('gradientNorm', firstStep, gradientNorms);
      await sendHeldSometimes();
    },
    async progress({ progress }) {
      heldProgress = progress;
      await sendHeldSometimes();
    },
    async epoch({ type: _, epoch, step, best, ...numbers }) {
      validationAccuracy = numbers.validationAccuracy;
      metrics.add('epoch.train.loss', step, numbers.trainLoss);
      metrics.add('epoch.train.accuracy', step, numbers.trainAccuracy);
      metrics.add('validation.loss', step, numbers.validationLoss);
      metrics.add('validation.accuracy', step, numbers.validationAccuracy);
      if (numbers.imagesPerSecond !== null) metrics.add('imagesPerSecond', step, numbers.imagesPerSecond);
      await sendHeld();
      const accuracy = (100 * numbers.validationAccuracy).toFixed(2);
      const message = `epoch ${epoch}: validation accuracy ${accuracy} %${best ? ', the best so far' : ''}`;
      await event('epoch', 'info', message, { epoch, step, best, ...numbers });
    },
    async checkpoint({ metadata, bytes }) {
      const { role, position } = metadata;
      await channel.acknowledged(lastCheckpoint[role]);
      const path = newFile(`${role}.safetensors`);
      await writeFile(path, bytes);
      const ofThisEpoch = position.best?.step === position.step ? position.best : null;
      lastCheckpoint[role] = await channel.store({
        type: 'checkpoint',
        path,
        step: position.step,
        epoch: position.epoch,
        roles: [role],
        validationLoss: ofThisEpoch?.validationLoss ?? null,
        validationAccuracy: ofThisEpoch?.validationAccuracy ?? null,
      });
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
    log: ({ level, message }) => event('log', level === 'warn' ? 'warning' : 'info', message),
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
    warn: (message) => event('warning', 'warning', message),
    async flush() {
      await sendHeld();
      await channel.settled();
    },
  };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
