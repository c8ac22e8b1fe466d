import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket, createSecureContext } from 'node:tls';
import { PermanentError } from '@aviary/runtime';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createPool, query } from './index.ts';

let directory: string;
let server: Server;
let port: number;
/** What was sent as password, one a connection. */
let passwords: string[];
let refusing: boolean;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'aviary-iam-'));
  for (const name of ['authority', 'stranger']) {
    const subject = '-subj /CN=localhost -addext subjectAltName=DNS:localhost';
    const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
    const files = `-keyout ${file(`${name}.key`)} -out ${file(`${name}.pem`)}`;
    execFileSync('openssl', `req -x509 -days 1 ${key} ${subject} ${files}`.split(' '), {
      stdio: 'ignore',
    });
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a-secret-access-key');
  passwords = [];
  refusing = false;
  server = createServer((socket) => {
    // SSLRequest: willing.
    socket.once('data', () => {
      socket.write('S');
      logIn(socket);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  server.close();
});

const file = (name: string) => join(directory, name);
const pool = (options: { address?: string; caFile?: string | undefined } = {}) =>
  createPool({
    connectionString: options.address ?? `postgres://pelican@localhost:${port}/shop`,
    caFile: 'caFile' in options ? options.caFile : file('authority.pem'),
    iamRegion: 'eu-central-1',
    max: 1,
    applicationName: 'test',
  });

/** As RDS does: asks for the token as a clear password, inside TLS. */
function logIn(socket: ConstructorParameters<typeof TLSSocket>[0]): void {
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext: createSecureContext({
      key: readFileSync(file('authority.key')),
      cert: readFileSync(file('authority.pem')),
    }),
  });
  secure.on('error', () => undefined);
  // StartupMessage, then PasswordMessage, then a query; the driver sends each once it has its answer.
  secure.once('data', () => {
    secure.write(message('R', int32(3)));
    secure.once('data', (answer: Buffer) => {
      passwords.push(answer.subarray(5, -1).toString());
      if (refusing) {
        const fields = ['SFATAL', 'C28000', 'MPAM authentication failed for user "pelican"'];
        secure.end(message('E', Buffer.from(`${fields.join('\0')}\0\0`)));
        return;
      }
      const ready = message('Z', Buffer.from('I'));
      secure.write(Buffer.concat([message('R', int32(0)), ready]));
      secure.on('data', (asked: Buffer) => {
        if (String.fromCharCode(asked[0] ?? 0) !== 'X') {
          secure.write(Buffer.concat([message('C', Buffer.from('SELECT 0\0')), ready]));
        }
      });
    });
  });
}

const int32 = (value: number) => Buffer.from([0, 0, 0, value]);
const message = (type: string, body: Buffer) =>
  Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);

const partsOf = (token = '') => new URL(`https://${token}`);

test('each connection logs in by a token of its own, signed for its user, host and port', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T00:00:00Z') });
  for (const at of ['20260101T000000Z', '20260101T002000Z']) {
    const opened = pool();
    await opened.query('select');
    await opened.end();
    const token = partsOf(passwords.at(-1));
    expect(token.host).toBe(`localhost:${port}`);
    expect(Object.fromEntries(token.searchParams)).toMatchObject({
      Action: 'connect',
      DBUser: 'pelican',
      'X-Amz-Date': at,
      'X-Amz-Expires': '900',
      'X-Amz-Credential': expect.stringContaining('/eu-central-1/rds-db/aws4_request') as string,
    });
    vi.setSystemTime(new Date('2026-01-01T00:20:00Z'));
  }
  expect(new Set(passwords).size).toBe(2);
});

test('a pool asks for a new token when it connects anew', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T00:00:00Z') });
  const opened = pool();
  const client = await opened.connect();
  client.release(true);
  vi.setSystemTime(new Date('2026-01-01T03:00:00Z'));
  await opened.query('select');
  await opened.end();
  expect(passwords.map((token) => partsOf(token).searchParams.get('X-Amz-Date'))).toEqual([
    '20260101T000000Z',
    '20260101T030000Z',
  ]);
});

test('a database that cannot prove who it is gets no token', async () => {
  const opened = pool({ caFile: file('stranger.pem') });
  await expect(query(opened, 'reading', 'select 1')).rejects.toThrow(/self-signed certificate/);
  await opened.end();
  expect(passwords).toEqual([]);
});

test('a refused token is not told to anyone, and the next one may be taken', async () => {
  refusing = true;
  const opened = pool();
  const failure = await query(opened, 'reading', 'select 1').catch((error: unknown) => error);
  expect(failure).toMatchObject({
    name: 'RetryableError',
    message: expect.stringContaining('PAM authentication failed') as string,
  });
  expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toMatch(/X-Amz|AKID/);
  refusing = false;
  await opened.query('select');
  await opened.end();
  expect(passwords).toHaveLength(2);
});

test.each([
  ['no authorities to verify it by', { caFile: undefined }, /set DATABASE_CA_FILE/],
  [
    'a password',
    { address: 'postgres://pelican:hunter-two@h/shop' },
    /with a user and without a password/,
  ],
  ['no user', { address: 'postgres://h/shop' }, /with a user and without a password/],
  ['plain text', { address: 'postgres://pelican@h/shop?sslmode=disable' }, /sslmode=disable/],
])('an address with %s is refused at once', (_, options, reason) => {
  expect(() => pool(options)).toThrow(PermanentError);
  expect(() => pool(options)).toThrow(reason);
});
