import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { adminPort } from './service.ts';

export interface LoadBalancerProps {
  /** Of the Service behind it, whose port is named http. */
  readonly service: string;
  readonly host: string;
}

/** The public address: an Application Load Balancer that sends requests straight to pods. */
export class LoadBalancer extends Construct {
  constructor(scope: Construct, id: string, { service, host }: LoadBalancerProps) {
    super(scope, id);
    new k8s.KubeIngress(this, 'ingress', {
      metadata: {
        name: service,
        annotations: {
          'alb.ingress.kubernetes.io/target-type': 'ip',
          'alb.ingress.kubernetes.io/listen-ports': '[{"HTTP":80},{"HTTPS":443}]',
          'alb.ingress.kubernetes.io/ssl-redirect': '443',
          // Without it the load balancer also takes TLS 1.0.
          'alb.ingress.kubernetes.io/ssl-policy': 'ELBSecurityPolicy-TLS13-1-2-2021-06',
          'alb.ingress.kubernetes.io/healthcheck-port': String(adminPort),
          'alb.ingress.kubernetes.io/healthcheck-path': '/readyz',
          'alb.ingress.kubernetes.io/healthcheck-interval-seconds': '5',
          'alb.ingress.kubernetes.io/healthcheck-timeout-seconds': '3',
          'alb.ingress.kubernetes.io/healthy-threshold-count': '2',
          'alb.ingress.kubernetes.io/unhealthy-threshold-count': '2',
          'alb.ingress.kubernetes.io/target-group-attributes':
            'deregistration_delay.timeout_seconds=15',
        },
      },
      spec: {
        ingressClassName: ingressClass,
        rules: [
          {
            host,
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: service, port: { name: 'http' } } },
                },
              ],
            },
          },
        ],
      },
    });
  }
}

/** Made by the chart of what belongs to no namespace. */
export const ingressClass = 'aviary';
