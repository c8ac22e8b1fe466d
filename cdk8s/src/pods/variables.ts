import type { k8s } from 'cdk8s-plus-28';

/** Where a variable's value comes from: it is written here, or it is a key of a Secret. */
export type VariableSource = string | { readonly secret: string; readonly key: string };

/**
 * The variables of a program, by the input of its configuration's schema: one without a default that is not given,
 * and one that the program does not know, do not compile.
 */
export type Variables<Input> = {
  readonly [Name in keyof Input]: undefined extends Input[Name]
    ? VariableSource | undefined
    : VariableSource;
};

/** As a container has them, by name. */
export function toEnvVars(
  variables: Readonly<Record<string, VariableSource | undefined>>,
): k8s.EnvVar[] {
  return Object.entries(variables)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, source]): k8s.EnvVar[] => {
      if (source === undefined) return [];
      if (typeof source === 'string') return [{ name, value: source }];
      const { secret, key } = source;
      return [{ name, valueFrom: { secretKeyRef: { name: secret, key } } }];
    });
}
