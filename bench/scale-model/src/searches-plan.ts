import { limits, prices, workload, type Measured } from './inputs.ts';

/** What it takes to answer so many searches a second over one table, none of them remembered. */
export interface SearchesPlan {
  searchesPerSecond: number;
  rows: number;
  /** By the processor, or by the requests each may have under way; one stands in. */
  frontends: number;
  /** Share of a tier 5 account, of its requests or of its tokens a minute, whichever is more: above 1, so many accounts. */
  embeddingAccounts: number;
  /** Copies of the index that a query may go to, on demand and without raised limits. */
  indexCopies: number;
  /** Shards of a dedicated index; its replicas are sized by a trial. */
  readShards: number;
  /** An hour, in dollars; reads on demand. */
  dollars: { reads: number; tokens: number; frontends: number };
}

const gigabytesOf = (rows: number) => (rows * workload.bytesPerRecord) / 1e9;
const readUnits = (rows: number) => Math.max(0.25, gigabytesOf(rows));
/** New queries a second of one frontend: its requests are full when it is busy. */
const embeddedRate =
  (limits.embeddingRequestsAtOnce * limits.queriesPerEmbeddingRequest) /
  workload.secondsPerQueryRequest;

/** Searches a second at which something is used up, the least first. */
export function searchLimits(
  rows: number,
  measured: Measured,
): { limit: string; rate: number; remedy: string }[] {
  const tokensPerMinute = Math.max(...limits.tokensPerMinute);
  return [
    {
      limit: 'queries of a namespace, on demand',
      rate: limits.queriesPerSecond,
      remedy: 'ask for more, or dedicated read nodes; else copies of the index',
    },
    {
      limit: 'read units of an index, on demand',
      rate: limits.readUnitsPerSecond / readUnits(rows),
      remedy: 'namespaces by what every search filters on; dedicated read nodes',
    },
    { limit: 'processor of a frontend', rate: measured.searchRate, remedy: 'more frontends' },
    {
      limit: 'queries that a frontend has embedded at once',
      rate: embeddedRate,
      remedy: 'more frontends',
    },
    {
      limit: 'requests to the embedder, tier 5',
      rate: (limits.embeddingRequestsPerMinute / 60) * limits.queriesPerEmbeddingRequest,
      remedy: "an embedder of one's own",
    },
    {
      limit: 'tokens, tier 5',
      rate: tokensPerMinute / 60 / workload.tokensPerQuery,
      remedy: "an embedder of one's own",
    },
  ].sort((a, b) => a.rate - b.rate);
}

export function planSearches(
  { searchesPerSecond, rows }: { searchesPerSecond: number; rows: number },
  { searchRate }: Measured,
): SearchesPlan {
  const tokensPerMinute = searchesPerSecond * 60 * workload.tokensPerQuery;
  const requestsPerMinute = (searchesPerSecond * 60) / limits.queriesPerEmbeddingRequest;
  const units = readUnits(rows);
  const frontends = Math.ceil(searchesPerSecond / Math.min(searchRate, embeddedRate)) + 1;
  const hourly = searchesPerSecond * 3_600;
  return {
    searchesPerSecond,
    rows,
    frontends,
    embeddingAccounts: Math.max(
      requestsPerMinute / limits.embeddingRequestsPerMinute,
      tokensPerMinute / Math.max(...limits.tokensPerMinute),
    ),
    indexCopies: Math.ceil(
      Math.max(
        searchesPerSecond / limits.queriesPerSecond,
        (searchesPerSecond * units) / limits.readUnitsPerSecond,
      ),
    ),
    readShards: Math.ceil(gigabytesOf(rows) / limits.gigabytesPerReadShard),
    dollars: {
      reads: (hourly * units * prices.millionReadUnits) / 1e6,
      tokens: (hourly * workload.tokensPerQuery * prices.millionTokens) / 1e6,
      frontends: frontends * (prices.cpuHour + prices.memoryHour),
    },
  };
}
