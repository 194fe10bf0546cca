import type { HttpRequest } from './probe-dialer.ts';

/** @see golang.org/x/net/http/httpguts */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// oxlint-disable-next-line no-control-regex -- what a value may not have
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

/**
 * What a GET says, with nothing kept alive. A `Host` header of the manifest names the virtual host; the connection goes where it goes.
 * @throws Error in Go's words for a header that cannot be sent
 */
export function httpHead(url: URL, headers: HttpRequest['headers']): Buffer {
  const lines: string[] = [];
  let host = url.host;
  for (const { name, value } of headers) {
    if (!NAME.test(name)) throw new Error(`net/http: invalid header field name ${JSON.stringify(name)}`);
    if (CONTROL.test(value))
      throw new Error(`net/http: invalid header field value for ${JSON.stringify(name)}`);
    if (name.toLowerCase() === 'host') host = value;
    else if (name.toLowerCase() !== 'connection') lines.push(`${name}: ${value}`);
  }
  const first = [`GET ${url.pathname}${url.search} HTTP/1.1`, `Host: ${host}`];
  return Buffer.from([...first, ...lines, 'Connection: close', '', ''].join('\r\n'));
}
