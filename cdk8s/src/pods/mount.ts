import { k8s } from 'cdk8s-plus-28';

/** A volume and its place in a container. */
export interface Mount {
  readonly volume: k8s.Volume;
  readonly path: string;
  readonly readOnly: boolean;
}

/** Room that is gone with its pod. */
export function scratch(name: string, path: string, limit: string): Mount {
  const sizeLimit = k8s.Quantity.fromString(limit);
  return { volume: { name, emptyDir: { sizeLimit } }, path, readOnly: false };
}

/** @param options the volume's name is no longer that of the ConfigMap where one is given, or it may be missing */
export function configMapFiles(
  name: string,
  path: string,
  { configMap = name, optional = false }: { configMap?: string; optional?: boolean } = {},
): Mount {
  const source = { name: configMap, ...(optional && { optional }) };
  return { volume: { name, configMap: source }, path, readOnly: true };
}

export function secretFiles(secret: string, path: string): Mount {
  return { volume: { name: secret, secret: { secretName: secret } }, path, readOnly: true };
}
