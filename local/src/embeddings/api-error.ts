/** A refusal in the shape of OpenAI's error bodies. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly body: string;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    error: { message: string; type: string; param?: string; code?: string },
    headers: Record<string, string> = {},
  ) {
    super(error.message);
    const { message, type, param = null, code = null } = error;
    this.status = status;
    this.body = JSON.stringify({ error: { message, type, param, code } });
    this.headers = headers;
  }
}

export function invalidRequest(message: string, param?: string, code?: string): ApiError {
  return new ApiError(400, {
    message,
    type: 'invalid_request_error',
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code }),
  });
}
