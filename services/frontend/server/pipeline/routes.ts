import type { Express, Response } from 'express';
import { z } from 'zod';
import {
  letterSelectionSchema,
  type DeadLetters,
  type LetterOutcome,
} from '../../shared/dead-letter.ts';
import type { History, Indexes, Status } from '../../shared/pipeline.ts';
import { parseInput } from '../problems.ts';
import type { Pipeline } from './connect-pipeline.ts';
import { readStatus } from './status-board.ts';

const historyQuery = z.strictObject({ since: z.coerce.number().min(0).default(0) });

export function addPipelineRoutes(app: Express, { pipeline }: { pipeline: Pipeline }): void {
  const { status, history, indexes, deadLetters } = pipeline;
  app.get('/api/status', async (_request, response: Response<Status>) => {
    response.json(await readStatus(status));
  });
  app.get('/api/pipeline/history', (request, response: Response<History>) => {
    const { since } = parseInput(historyQuery, request.query);
    response.json({ samples: history.since(since) });
  });
  app.get('/api/pipeline/indexes', async (_request, response: Response<Indexes>) => {
    response.json({ indexes: await indexes.read() });
  });
  app.get('/api/dead-letters', async (_request, response: Response<DeadLetters>) => {
    response.json(await deadLetters.list());
  });
  for (const deed of ['redrive', 'discard'] as const) {
    app.post(`/api/dead-letters/${deed}`, async (request, response: Response<LetterOutcome>) => {
      response.json(await deadLetters.act(deed, parseInput(letterSelectionSchema, request.body)));
    });
  }
}
