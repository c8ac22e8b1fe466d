import type { CookieOptions, Request, Response } from 'express';

/** The value of a cookie as it was sent; undefined when there is none, or it is not readable. */
export function readCookie(request: Request, name: string): string | undefined {
  for (const pair of request.headers.cookie?.split(';') ?? []) {
    const [given, value] = pair.split('=', 2);
    if (given?.trim() !== name || value === undefined) continue;
    try {
      return decodeURIComponent(value.trim());
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** Sets a cookie that no script reads and no other site's page sends, in place of one this answer has set before. */
export function writeCookie(
  response: Response,
  name: string,
  value: string,
  options: Pick<CookieOptions, 'secure' | 'maxAge' | 'path'>,
): void {
  const others = [response.getHeader('set-cookie') ?? []]
    .flat()
    .map(String)
    .filter((cookie) => !cookie.startsWith(`${name}=`));
  response.removeHeader('set-cookie');
  if (others.length > 0) response.setHeader('set-cookie', others);
  response.cookie(name, value, { path: '/', ...options, httpOnly: true, sameSite: 'lax' });
}
