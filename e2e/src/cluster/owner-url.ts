import { kubectl, type Kubectl } from './kubectl.ts';

/**
 * The database's address as the owner of the tables, through a port-forward.
 *
 * @param port of 127.0.0.1
 * @param ask in the namespace of its Secret
 */
export async function ownerUrl(port: number, ask: Kubectl = kubectl): Promise<string> {
  const encoded = await ask([
    ...['get', 'secret/aviary-database'],
    '--output=jsonpath={.data.owner-url}',
  ]);
  const url = new URL(Buffer.from(encoded, 'base64').toString());
  url.host = `127.0.0.1:${port}`;
  return url.href;
}
