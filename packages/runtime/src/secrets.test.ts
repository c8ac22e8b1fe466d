import { expect, test } from 'vitest';
import { PermanentError, RetryableError, keepSecrets, withoutSecrets } from './index.ts';

keepSecrets({
  SOME_API_KEY: 'sk-key-of-twenty-letters',
  DATABASE_URL: 'postgres://user:pass%20"word"-long@host:5432/db',
  WORKERS: 'http://one,http://two:password-of-two@host',
  SHORT_TOKEN: 'local',
  LOG_LEVEL: 'information',
});

test('secrets are taken out of a text, in whichever way they are printed', () => {
  for (const printed of [
    'sk-key-of-twenty-letters',
    'password-of-two',
    'pass "word"-long',
    'pass%20"word"-long',
    'pass \\"word\\"-long',
    'pass%20%22word%22-long',
    'postgres://user:pass%20"word"-long@host:5432/db',
  ]) {
    expect(withoutSecrets(`401: ${printed} is wrong`)).toBe('401: [secret] is wrong');
  }
});

test('ordinary words stay', () => {
  const text = 'information of user at host, in the local db';
  expect(withoutSecrets(text)).toBe(text);
});

test('a failure’s message holds none', () => {
  for (const Failure of [RetryableError, PermanentError]) {
    expect(new Failure('no key sk-key-of-twenty-letters').message).toBe('no key [secret]');
  }
});
