import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { sleep } from '@aviary/runtime';

const patienceMs = 500;

/**
 * The /status of every worker behind an admin address. A headless Service's name has an address for each pod, and
 * none where no pod runs. By getaddrinfo, which knows the search path of a cluster's names.
 *
 * @throws Error when DNS does not answer, or not in time.
 */
export async function addressesOf(entry: URL): Promise<URL[]> {
  const host = entry.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  return addresses.map((address) => {
    const url = new URL('/status', entry);
    url.hostname = address.includes(':') ? `[${address}]` : address;
    return url;
  });
}

async function resolve(host: string): Promise<string[]> {
  const settled = new AbortController();
  const tooLate = sleep(patienceMs, settled.signal).then(() => {
    throw new Error(`DNS did not answer within ${patienceMs} ms`);
  });
  try {
    const found = await Promise.race([lookup(host, { all: true }), tooLate]);
    // With two address families each worker would be there twice.
    const family = found.some((one) => one.family === 4) ? 4 : 6;
    return [...new Set(found.filter((one) => one.family === family).map((one) => one.address))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTFOUND') return [];
    throw error;
  } finally {
    tooLate.catch(() => undefined);
    settled.abort();
  }
}
