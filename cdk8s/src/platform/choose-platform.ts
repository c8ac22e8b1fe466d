import { readPlatformOutputs } from '@aviary/platform-outputs';
import type { Environment } from '../environment/schema.ts';
import { awsPlatform } from './aws.ts';
import type { Platform } from './platform.ts';
import { standInPlatform } from './stand-ins.ts';

/**
 * The stand-ins, where the environment has some, or what infra/ has built.
 *
 * @throws Error when exactly one of the two is not given, or the outputs are faulty.
 */
export function choosePlatform(
  environment: Environment,
  outputsFile: string | undefined,
): Platform {
  const { standIns } = environment;
  if (standIns && outputsFile === undefined) return standInPlatform(environment, standIns);
  if (!standIns && outputsFile !== undefined) {
    const outputs = readPlatformOutputs(outputsFile);
    if (environment.signIn && !outputs.ingress) {
      throw new Error(
        'Who signs in comes back to a public address: have infra/ make one (ingress), or take signIn away.',
      );
    }
    if (outputs.cluster.namespace === environment.namespace) {
      return awsPlatform(environment, outputs);
    }
    throw new Error(
      `${outputsFile} is for namespace ${outputs.cluster.namespace}, and the environment says ${environment.namespace}: roles are bound to the former.`,
    );
  }
  throw new Error(
    standIns
      ? 'This environment has stand-ins and takes no OUTPUTS.'
      : 'This environment has no stand-ins: give the file that "make outputs" wrote, as OUTPUTS=.aviary/outputs.json.',
  );
}
