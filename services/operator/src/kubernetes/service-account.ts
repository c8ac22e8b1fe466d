import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the API server is, and who asks. */
export interface ApiAccess {
  readonly server: URL;
  /** Its certificate authority, as PEM; that of the system when absent. */
  readonly ca?: string | undefined;
  readonly token: () => string;
}

/** A pod's token is exchanged on its disk long before it ends, after an hour or more. */
const readTokenEveryMs = 60_000;

/** As Kubernetes gives it to every pod that asks for it. `directory` holds its token and the authority. */
export function serviceAccountAccess(options: {
  host: string;
  port: string;
  directory: string;
}): ApiAccess {
  const { host, port, directory } = options;
  let [token, readAt] = ['', -Infinity];
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    ca: readFileSync(join(directory, 'ca.crt'), 'utf8'),
    token: () => {
      if (performance.now() - readAt > readTokenEveryMs) {
        token = readFileSync(join(directory, 'token'), 'utf8').trim();
        readAt = performance.now();
      }
      return token;
    },
  };
}
