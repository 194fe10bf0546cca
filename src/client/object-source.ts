import type { ObjectList, WatchEvent } from './api-client.ts';

/**
 * Reads a server's objects themselves, from within its process: nothing is copied or put into bytes. They are shared with
 * everybody who reads them so, and with the server: they must not be changed.
 */
export interface ObjectSource {
  /** The whole list, whatever limit the path says. @throws ApiError */
  list(path: string): Promise<ObjectList<unknown>>;
  /** @throws ApiError */
  watch(path: string, signal?: AbortSignal): AsyncGenerator<WatchEvent<unknown>>;
}
