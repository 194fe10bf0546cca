import { stringify } from 'yaml';
import type { Pki } from '../../apiserver/pki/open-pki.ts';

const NAME = 'peapod';

/** A kubeconfig for the cluster's administrator. */
export function adminKubeconfig(server: string, { authority, admin }: Pki): string {
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': NAME,
      clusters: [
        { name: NAME, cluster: { server, 'certificate-authority-data': encoded(authority.certificate) } },
      ],
      users: [
        {
          name: NAME,
          user: {
            'client-certificate-data': encoded(admin.certificate),
            'client-key-data': encoded(admin.key),
          },
        },
      ],
      contexts: [{ name: NAME, context: { cluster: NAME, user: NAME } }],
    },
    { lineWidth: 0 },
  );
}
