import { NAMESPACES, SERVICE_ACCOUNTS } from '../client/resource-types.ts';
import { isPeapodError } from '../model/errors.ts';
import { type Controller, KeyedController, keyOf, splitKey } from './controller.ts';

/** Every namespace has a service account called `default`. */
export const serviceAccountController: Controller = async (deps, signal) => {
  const { client } = deps;
  const controller = new KeyedController('serviceaccount', deps, signal);
  const { queue } = controller;
  const namespaces = controller.followAll(NAMESPACES, (namespace) => queue.add(keyOf(namespace)));
  const accounts = controller.follow(SERVICE_ACCOUNTS, {
    onDelete: ({ metadata }) => queue.add(`/${metadata?.namespace ?? ''}`),
  });
  await controller.run(async (key) => {
    const { name } = splitKey(key);
    const namespace = namespaces.get('', name);
    if (namespace === undefined || namespace.metadata?.deletionTimestamp !== undefined) return;
    if (accounts.get(name, 'default') !== undefined) return;
    try {
      await client.create(SERVICE_ACCOUNTS, { metadata: { name: 'default', namespace: name } });
    } catch (error) {
      if (!isPeapodError(error, 'AlreadyExists')) throw error;
    }
  });
};
