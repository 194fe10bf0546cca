import { CONFIG_MAPS, NAMESPACES } from '../client/resource-types.ts';
import { isPeapodError } from '../model/errors.ts';
import { type Controller, KeyedController, keyOf, splitKey } from './controller.ts';

const NAME = 'kube-root-ca.crt';
const KEY = 'ca.crt';

/**
 * Every namespace has the certificate of the authority that signed the API server's.
 * @param certificate PEM
 * @see kubernetes/pkg/controller/certificates/rootcacertpublisher
 */
export function rootCaController(certificate: string): Controller {
  return async (deps, signal) => {
    const { client } = deps;
    const controller = new KeyedController('root-ca-cert-publisher', deps, signal);
    const { queue } = controller;
    const namespaces = controller.followAll(NAMESPACES, (namespace) => queue.add(keyOf(namespace)));
    const configMaps = controller.followAll(CONFIG_MAPS, ({ metadata }) => {
      if (metadata?.name === NAME) queue.add(`/${metadata.namespace ?? ''}`);
    });
    await controller.run(async (key) => {
      const { name: namespace } = splitKey(key);
      const found = namespaces.get('', namespace);
      if (found === undefined || found.metadata?.deletionTimestamp !== undefined) return;
      const present = configMaps.get(namespace, NAME);
      if (present?.data?.[KEY] === certificate) return;
      const data = { [KEY]: certificate };
      if (present !== undefined) {
        await client.patch(CONFIG_MAPS, namespace, NAME, 'merge', { data });
        return;
      }
      try {
        await client.create(CONFIG_MAPS, { metadata: { name: NAME, namespace }, data });
      } catch (error) {
        if (!isPeapodError(error, 'AlreadyExists')) throw error;
      }
    });
  };
}
