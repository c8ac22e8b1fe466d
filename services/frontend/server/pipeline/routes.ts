import type { Express, Response } from 'express';
import type { Status } from '../../shared/status.ts';
import { readStatus, type StatusSources } from './status-board.ts';

export function addPipelineRoutes(app: Express, { status }: { status: StatusSources }): void {
  app.get('/api/status', async (_request, response: Response<Status>) => {
    response.json(await readStatus(status));
  });
}
