import type { HTTPGetAction } from '../../model/api/types.ts';
import type { HttpRequest } from './probe-dialer.ts';

const USER_AGENT = 'kube-probe/1.36';

/** What to ask for. Own headers win; an empty `User-Agent` or `Accept` takes the default away. */
export function httpTarget(
  action: HTTPGetAction,
  host: string,
  port: number,
): Omit<HttpRequest, 'timeoutMs'> {
  const headers = [...(action.httpHeaders ?? [])];
  const has = (name: string) => headers.some((header) => header.name.toLowerCase() === name);
  if (!has('user-agent')) headers.push({ name: 'User-Agent', value: USER_AGENT });
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
