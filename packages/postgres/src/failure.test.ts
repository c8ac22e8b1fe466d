import pg from 'pg';
import { PermanentError, RetryableError } from '@aviary/runtime';
import { describe, expect, test } from 'vitest';
import { translate } from './failure.ts';

const answered = (code: string) =>
  Object.assign(new pg.DatabaseError('no', 1, 'error'), { code, severity: 'ERROR' });

describe('translate', () => {
  test.each([
    '57P01',
    '57P03',
    '08006',
    '53300',
    '40001',
    '40P01',
    '55P03',
    '25006',
    '28P01',
    '3D000',
  ])('SQLSTATE %s may pass', (code) => {
    expect(translate('reading', answered(code))).toBeInstanceOf(RetryableError);
  });

  test.each(['42P01', '42703', '22P02', '23505'])('SQLSTATE %s is left as it is', (code) => {
    const error = answered(code);
    expect(translate('reading', error)).toBe(error);
  });

  test('a missing right is for a person', () => {
    const error = translate('migrating', answered('42501'));
    expect(error).toBeInstanceOf(PermanentError);
    expect(String(error)).toContain('migrating failed: no: grant this user the right');
  });

  test.each([
    Object.assign(new Error(''), { code: 'ECONNREFUSED', syscall: 'connect' }),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Query read timeout'),
  ])('%s is the way there, and may pass', (error) => {
    const failure = translate('reading', error);
    expect(failure).toBeInstanceOf(RetryableError);
    expect((failure as Error).cause).toBe(error);
    expect(String(failure)).not.toMatch(/: $/);
  });

  test.each([new TypeError('a bug'), 'text', undefined])('%s is left as it is', (error) => {
    expect(translate('reading', error)).toBe(error);
  });
});
