export const PORT_FORWARD = 'portforward.k8s.io';

/** SPDY in the binary messages of a WebSocket, without an upgrade of its own. */
export const PORT_FORWARD_TUNNEL = 'SPDY/3.1+portforward.k8s.io';

/** Headers of a stream; in lower case on the wire. */
export const STREAM_TYPE = 'streamtype';
export const PORT = 'port';
export const REQUEST_ID = 'requestid';

export const DATA = 'data';
export const ERROR = 'error';
