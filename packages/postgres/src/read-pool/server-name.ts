/** Host and port of a postgres:// address, without who connects: fit for logs and metrics. */
export function serverName(connectionString: string): string {
  const { hostname, port } = new URL(connectionString);
  return `${hostname}:${port === '' ? '5432' : port}`;
}
