/** The head of a request, from its header block. @see RFC 9113, section 8 */
import type { IncomingHttpHeaders } from 'node:http';
import { CONNECTION_HEADERS } from './connection-headers.ts';
import type { HpackDecoder } from './hpack-decoder.ts';

/** How large a head may be, counted as in the table of headers. */
export const HEAD_LIST_BYTES = 64 * 1024;
const HEADER_BYTES = 32;
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const NOT_IN_VALUES = /[\0\r\n]/;
const PSEUDO: ReadonlySet<string> = new Set([':method', ':path', ':scheme', ':authority']);

export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

/**
 * What the block says: `too large`, or `malformed`, when no request comes of it. It is read to its end in any case: what is in it counts for the
 * blocks after it.
 * @throws Http2Error COMPRESSION_ERROR
 */
export function readHead(decoder: HpackDecoder, block: Buffer): RequestHead | 'malformed' | 'too large' {
  // Without a prototype: a header may be called __proto__.
  const headers = Object.create(null) as Record<string, string>;
  const rawHeaders: string[] = [];
  let [bytes, isMalformed, isPseudoOver] = [0, false, false];
  decoder.decode(block, (name, value) => {
    bytes += name.length + value.length + HEADER_BYTES;
    if (bytes > HEAD_LIST_BYTES) return;
    const isPseudo = name.startsWith(':');
    if (isPseudo) isMalformed ||= isPseudoOver || !PSEUDO.has(name) || headers[name] !== undefined;
    else {
      isPseudoOver = true;
      isMalformed ||=
        !NAME.test(name) || CONNECTION_HEADERS.has(name) || (name === 'te' && value !== 'trailers');
    }
    isMalformed ||= NOT_IN_VALUES.test(value);
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
    rawHeaders.push(name, value);
  });
  if (bytes > HEAD_LIST_BYTES) return 'too large';
  const { ':method': method = '', ':path': url = '', ':scheme': scheme = '' } = headers;
  if (isMalformed || method === '' || scheme === '' || !(url.startsWith('/') || url === '*'))
    return 'malformed';
  return { method, url, headers, rawHeaders };
}
