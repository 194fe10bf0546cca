import type { ObjectMeta } from '../model/api/types.ts';

/** Any object of the API, as far as the generic handler knows it. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
  [field: string]: unknown;
}
