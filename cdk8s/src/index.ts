/** What the operator makes of a SemanticIndex, by the constructs of `make synth`. */
export interface Queues {
  readonly url: string;
  readonly deadLetterUrl: string;
  readonly refreshUrl: string;
}

/** An object of Kubernetes as plain data. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}
