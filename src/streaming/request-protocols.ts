import type { IncomingMessage } from 'node:http';

/** The values of a header that is a list, however many lines it stands on. */
export function listedIn(request: IncomingMessage, header: string): string[] {
  const value = request.headers[header];
  const text = Array.isArray(value) ? value.join(',') : (value ?? '');
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Whether the request asks for this protocol, e.g. `websocket` or `SPDY/3.1`. */
export function asksFor(request: IncomingMessage, protocol: string): boolean {
  return listedIn(request, 'upgrade').some((item) => item.toLowerCase() === protocol.toLowerCase());
}
