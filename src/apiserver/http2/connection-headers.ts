/** Headers of HTTP/1's connections; HTTP/2 has none of them, and nobody may send one. @see RFC 9113, section 8.2.2 */
export const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
