import { journeyEventSchema, type JourneyEvent } from '../shared/journey.ts';
import type { TestApp } from './start-app.ts';

/** Reads server-sent events as they come, and holds each against openapi.yaml. */
export async function* eventsOf(
  { url, contract }: Pick<TestApp, 'url' | 'contract'>,
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<JourneyEvent, undefined> {
  const response = await fetch(`${url}${path}`, {
    headers: { accept: 'text/event-stream' },
    ...(signal && { signal }),
  });
  if (response.body === null) throw new Error('There is no answer to read.');
  const type = response.headers.get('content-type') ?? '';
  const request = { method: 'GET', path: path.split('?')[0] ?? '' };
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      if (!block.startsWith('data: ')) continue;
      const body: unknown = JSON.parse(block.slice('data: '.length));
      contract.judge(request, { status: response.status, type, body });
      yield journeyEventSchema.parse(body);
    }
  }
  return undefined;
}
