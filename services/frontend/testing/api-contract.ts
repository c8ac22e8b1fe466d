import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

interface Documented {
  responses: Record<string, { $ref: string }>;
}

interface OpenApi {
  paths: Record<string, Record<string, unknown>>;
  components: {
    responses: Record<string, { content: Record<string, { schema: { $ref: string } }> }>;
  };
}

const methods = new Set(['get', 'post', 'put', 'patch', 'delete']);

/** openapi.yaml as a judge of answers, for tests. */
export class ApiContract {
  readonly #document: OpenApi;
  readonly #ajv: Ajv2020;
  readonly #seen = new Set<string>();

  constructor(file: string) {
    this.#document = parse(readFileSync(file, 'utf8')) as OpenApi;
    this.#ajv = new Ajv2020({ strict: false, allErrors: true });
    this.#ajv.addSchema(this.#document, 'api');
  }

  /** Every documented operation, as "get /api/products/{id}". */
  get operations(): string[] {
    return Object.entries(this.#document.paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((method) => methods.has(method))
        .map((method) => `${method} ${path}`),
    );
  }

  /** Operations under a path that were not answered with success. */
  unseen(path: string): string[] {
    return this.operations.filter(
      (operation) => (operation.split(' ')[1] ?? '').startsWith(path) && !this.#seen.has(operation),
    );
  }

  /** @throws Error when this is not an answer that the document lists for the request. */
  judge(request: { method: string; path: string }, answer: Answer): void {
    const operation = this.#operationOf(request);
    const [method = '', path = ''] = operation.split(' ');
    const { responses } = this.#document.paths[path]?.[method] as Documented;
    const reference = responses[String(answer.status)];
    if (!reference) {
      throw new Error(`${operation} answered ${answer.status}, which openapi.yaml does not list.`);
    }
    const name = reference.$ref.split('/').at(-1) ?? '';
    const content = this.#document.components.responses[name]?.content ?? {};
    const schema = content[answer.type]?.schema;
    if (!schema) throw new Error(`${operation} answered with ${answer.type}, undocumented.`);
    const validate = this.#ajv.getSchema(`api${schema.$ref}`) as ValidateFunction;
    if (!validate(answer.body)) {
      throw new Error(`${operation}: ${this.#ajv.errorsText(validate.errors)}`);
    }
    if (answer.status < 300) this.#seen.add(operation);
  }

  #operationOf({ method, path }: { method: string; path: string }): string {
    const found = this.operations.find((operation) => {
      const [documentedMethod, template = ''] = operation.split(' ');
      const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      return documentedMethod === method.toLowerCase() && pattern.test(path);
    });
    if (found === undefined) throw new Error(`openapi.yaml lists no ${method} ${path}.`);
    return found;
  }
}

export interface Answer {
  status: number;
  /** Of the content, without parameters. */
  type: string;
  body: unknown;
}
