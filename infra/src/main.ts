import * as pulumi from '@pulumi/pulumi';
import { loadSemanticIndexes } from '../../packages/semantic-index/src/index.ts';
import { currentCommit } from './images.ts';
import { namesOf } from './names.ts';
import { buildPlatform } from './platform.ts';
import { readSettings } from './settings.ts';

const config = new pulumi.Config('aviary');
const settings = readSettings(config.requireObject('platform'));

/** Addresses, names and ARNs; no secret is ever among them. */
export const { platform, operations } = buildPlatform({
  names: namesOf(pulumi.getStack(), settings.environment),
  settings,
  specs: loadSemanticIndexes(settings.specs),
  commit: currentCommit(),
  masterPassword: config.getSecret('databasePassword'),
});
