import { parse } from 'yaml';

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

/** How to connect, from a kubeconfig with one cluster and one user. @throws Error when something is missing */
export function clusterOf(text: string): { server: string; ca: Buffer; cert: Buffer; key: Buffer } {
  const { clusters, users } = parse(text) as Kubeconfig;
  const [cluster] = clusters;
  const [user] = users;
  if (cluster === undefined || user === undefined) throw new Error('not a kubeconfig of ours');
  const decoded = (data: string) => Buffer.from(data, 'base64');
  return {
    server: cluster.cluster.server,
    ca: decoded(cluster.cluster['certificate-authority-data']),
    cert: decoded(user.user['client-certificate-data']),
    key: decoded(user.user['client-key-data']),
  };
}
