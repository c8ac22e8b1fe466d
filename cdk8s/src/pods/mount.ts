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

export function configMapFiles(configMap: string, path: string): Mount {
  return { volume: { name: configMap, configMap: { name: configMap } }, path, readOnly: true };
}

export function secretFiles(secret: string, path: string): Mount {
  return { volume: { name: secret, secret: { secretName: secret } }, path, readOnly: true };
}
