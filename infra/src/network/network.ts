import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Names } from '../names.ts';
import type { Settings } from '../settings.ts';
import { planSubnets } from './subnet-plan.ts';

/** A VPC: workers in private subnets, load balancers in public ones, databases in subnets without a way out. */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly privateSubnetIds: pulumi.Output<string>[] = [];
  readonly isolatedSubnetIds: pulumi.Output<string>[] = [];

  constructor(
    names: Names,
    settings: Pick<Settings, 'vpcCidr' | 'availabilityZones' | 'natGateways' | 'region'>,
    options: pulumi.ComponentResourceOptions,
  ) {
    super('aviary:infra:Network', 'network', {}, options);
    const parent = { parent: this };
    const named = (part: string) => ({ tags: { Name: names.of(part) } });

    const vpc = new aws.ec2.Vpc(
      'vpc',
      {
        cidrBlock: settings.vpcCidr,
        enableDnsSupport: true,
        enableDnsHostnames: true,
        ...named('vpc'),
      },
      parent,
    );
    this.vpcId = vpc.id;
    // Whatever is put into the VPC without a security group of its own may talk to nobody.
    new aws.ec2.DefaultSecurityGroup('closed', { vpcId: vpc.id, ...named('closed') }, parent);
    const internet = new aws.ec2.InternetGateway(
      'internet',
      { vpcId: vpc.id, ...named('internet') },
      parent,
    );

    const zones = aws.getAvailabilityZonesOutput(
      { state: 'available', filters: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }] },
      parent,
    ).names;
    const table = (part: string) =>
      new aws.ec2.RouteTable(part, { vpcId: vpc.id, ...named(part) }, parent);
    const publicTable = table('public');
    const isolatedTable = table('isolated');
    route('public-out', publicTable, { gatewayId: internet.id });

    const natIds: pulumi.Output<string>[] = [];
    const tableIds = [publicTable.id];
    planSubnets(settings.vpcCidr, settings.availabilityZones).forEach((ranges, position) => {
      const zone = zones.apply((all) => zoneAt(all, position, settings.region));
      const place = (kind: keyof typeof ranges, tags: Record<string, string> = {}) =>
        new aws.ec2.Subnet(
          `${kind}-${position}`,
          {
            vpcId: vpc.id,
            cidrBlock: ranges[kind],
            availabilityZone: zone,
            tags: { ...named(`${kind}-${position}`).tags, ...tags },
          },
          parent,
        );
      const outside = place('public', { 'kubernetes.io/role/elb': '1' });
      const workers = place('private', { 'kubernetes.io/role/internal-elb': '1' });
      const data = place('isolated');
      this.privateSubnetIds.push(workers.id);
      this.isolatedSubnetIds.push(data.id);

      if (position < settings.natGateways) {
        const address = new aws.ec2.Eip(
          `nat-${position}`,
          { domain: 'vpc', ...named(`nat-${position}`) },
          parent,
        );
        natIds.push(
          new aws.ec2.NatGateway(
            `nat-${position}`,
            { subnetId: outside.id, allocationId: address.id, ...named(`nat-${position}`) },
            { parent: this, dependsOn: [internet] },
          ).id,
        );
      }
      const workersTable = table(`private-${position}`);
      const natId = natIds[position % natIds.length];
      if (natId !== undefined)
        route(`private-out-${position}`, workersTable, { natGatewayId: natId });
      tableIds.push(workersTable.id);
      for (const [kind, subnet, routes] of [
        ['public', outside, publicTable],
        ['private', workers, workersTable],
        ['isolated', data, isolatedTable],
      ] as const) {
        new aws.ec2.RouteTableAssociation(
          `${kind}-${position}`,
          { subnetId: subnet.id, routeTableId: routes.id },
          parent,
        );
      }
    });

    // Layers of images come from S3: this way they cost nothing at the NAT gateways.
    new aws.ec2.VpcEndpoint(
      's3',
      {
        vpcId: vpc.id,
        serviceName: `com.amazonaws.${settings.region}.s3`,
        vpcEndpointType: 'Gateway',
        routeTableIds: tableIds,
        ...named('s3'),
      },
      parent,
    );
    this.registerOutputs();

    function route(name: string, to: aws.ec2.RouteTable, by: Partial<aws.ec2.RouteArgs>): void {
      new aws.ec2.Route(
        name,
        { routeTableId: to.id, destinationCidrBlock: '0.0.0.0/0', ...by },
        parent,
      );
    }
  }
}

function zoneAt(zones: readonly string[], position: number, region: string): string {
  const zone = zones[position];
  if (zone !== undefined) return zone;
  throw new Error(
    `The region ${region} has ${zones.length} availability zones open to this account: set platform.availabilityZones to at most that.`,
  );
}
