import { thirdPartyCharts } from './third-party.ts';

/** For shell scripts: name, repository, version and namespace of an environment's charts, one a line. */
for (const { environments, name, repository, version, namespace } of thirdPartyCharts()) {
  if (environments.some((environment) => environment === process.argv[2])) {
    console.log([name, repository, version, namespace].join(' '));
  }
}
