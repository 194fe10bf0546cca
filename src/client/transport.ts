/** How requests reach an API server. */
import type { ObjectSource } from './object-source.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the query: `/api/v1/pods?watch=1`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface ApiResponse {
  readonly status: number;
  /** Lines of `Warning:` headers, without code and agent. */
  readonly warnings: readonly string[];
  /** The body, as it comes. Reading it to its end, or leaving the iteration, gives the connection back. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Transport extends AsyncDisposable {
  /** @throws PeapodError Unavailable when the server cannot be reached; the signal's reason when it aborts */
  send(request: ApiRequest): Promise<ApiResponse>;
  /** Where the server is in this process. */
  readonly objects?: ObjectSource;
}

/** `299 - "spec.foo: has no effect"` → `spec.foo: has no effect` */
export function parseWarnings(header: string | readonly string[] | undefined): string[] {
  const lines = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  return lines.flatMap((line) =>
    [...line.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
      text.replaceAll(/\\(.)/g, '$1'),
    ),
  );
}
