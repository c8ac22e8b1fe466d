import {
  KubeConfig,
  RequestContext,
  bufferFromFileOrString,
  createConfiguration,
  type Configuration,
} from '@kubernetes/client-node';
import { Agent } from 'undici';

/** The cluster of a kubeconfig's file, or the one that this pod runs in: then its token is read anew each minute. */
export function loadKubeConfig(file: string | undefined): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (file === undefined) kubeConfig.loadFromCluster();
  else kubeConfig.loadFromFile(file);
  return kubeConfig;
}

/**
 * How the library's clients reach the API server.
 *
 * It would make a pool of connections for each request, and speak HTTP/2 over one of them: all requests, the Lease's too,
 * would wait behind one that died without a word, since undici's ping has no timeout. Here is one pool, of HTTP/1.1: what
 * is given up takes its own connection with it.
 *
 * @throws Error when the kubeconfig names no cluster, or a file that is not there
 */
export function connectionTo(kubeConfig: KubeConfig): Configuration {
  const [cluster, user] = [kubeConfig.getCurrentCluster(), kubeConfig.getCurrentUser()];
  if (cluster === null) throw new Error('The kubeconfig has no current cluster: choose a context.');
  const { caFile, caData, server, skipTLSVerify, tlsServerName } = cluster;
  const dispatcher = new Agent({
    allowH2: false,
    connect: {
      ca: bufferFromFileOrString(caFile, caData) ?? undefined,
      cert: bufferFromFileOrString(user?.certFile, user?.certData) ?? undefined,
      key: bufferFromFileOrString(user?.keyFile, user?.keyData) ?? undefined,
      rejectUnauthorized: !skipTLSVerify,
      servername: tlsServerName,
    },
  });
  return createConfiguration({
    baseServer: {
      // The core's group has no name, and a path of its own, which the client of custom objects does not know.
      makeRequestContext: (path, method) =>
        new RequestContext(server + path.replace(/^\/apis\/\//, '/api/'), method),
    },
    authMethods: {
      default: {
        getName: () => kubeConfig.getName(),
        applySecurityAuthentication: async (request) => {
          await kubeConfig.applySecurityAuthentication(request);
          request.setDispatcher(dispatcher);
        },
      },
    },
  });
}
