/** A refusal as the API words it: HTTP status, gRPC code and a message for a person. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const invalidArgument = (message: string) => new ApiError(400, 3, message);
export const forbidden = (message: string) => new ApiError(403, 7, message);
export const notFound = (message: string) => new ApiError(404, 5, message);
export const alreadyExists = (message: string) => new ApiError(409, 6, message);
