import { startPinecone } from './server.ts';

const { PORT, HOST, DATA_DIR, LATENCY_MS } = process.env;

const pinecone = await startPinecone({
  port: Number(PORT ?? 0),
  ...(HOST ? { host: HOST } : {}),
  ...(DATA_DIR ? { dataDir: DATA_DIR } : {}),
  latencyMs: Number(LATENCY_MS ?? 0),
});
console.log(`pinecone stand-in listening on ${pinecone.url}`);

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) process.exit(130);
    stopping = true;
    void pinecone.close().then(() => process.exit(0));
  });
}
