import type { HTTPGetAction } from '../../model/api/types.ts';
import type { HttpRequest } from './probe-dialer.ts';

/** The Kubernetes whose kubelet we are like. */
const VERSION = '1.36';

/**
 * What to ask for. Own headers win; an empty `User-Agent` or `Accept` takes the default away.
 * @param caller who asks, for the server's log
 */
export function httpTarget(
  action: HTTPGetAction,
  host: string,
  port: number,
  caller: 'probe' | 'lifecycle' = 'probe',
): Omit<HttpRequest, 'timeoutMs'> {
  const headers = [...(action.httpHeaders ?? [])];
  const has = (name: string) => headers.some((header) => header.name.toLowerCase() === name);
  if (!has('user-agent')) headers.push({ name: 'User-Agent', value: `kube-${caller}/${VERSION}` });
  if (!has('accept')) headers.push({ name: 'Accept', value: '*/*' });
  const path = action.path ?? '/';
  return {
    scheme: action.scheme === 'HTTPS' ? 'https' : 'http',
    host,
    port,
    path: path.startsWith('/') ? path : `/${path}`,
    headers: headers.filter(
      ({ name, value }) => value !== '' || !['user-agent', 'accept'].includes(name.toLowerCase()),
    ),
  };
}
