import { Construct } from 'constructs';
import { Access, type AccessProps } from './access.ts';
import { ServiceAccount } from './service-account.ts';

/** What pods of one name share in all sets of workers: who they are, and whom they reach. */
export class CommonGround extends Construct {
  constructor(scope: Construct, id: string, props: AccessProps) {
    super(scope, id);
    new ServiceAccount(this, 'service-account', props.name);
    new Access(this, 'access', props);
  }
}
