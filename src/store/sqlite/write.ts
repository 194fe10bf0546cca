/** What can be asked of the writer, and what it answers. */

export type Write =
  | {
      readonly kind: 'create';
      readonly key: string;
      readonly value: Uint8Array;
      readonly expiresAtMs?: number;
    }
  | {
      readonly kind: 'update';
      readonly key: string;
      readonly value: Uint8Array;
      readonly expectedRevision: number;
      readonly expiresAtMs?: number;
    }
  | { readonly kind: 'delete'; readonly key: string; readonly expectedRevision: number }
  /** Deletes every key whose time is over. */
  | { readonly kind: 'expire'; readonly nowMs: number }
  | { readonly kind: 'compact'; readonly revision: number };

/** One write to one key, as watchers are to be told of it. */
export interface WrittenChange {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  /** Nothing: deleted. */
  readonly value: Uint8Array | undefined;
  readonly previous:
    | { readonly value: Uint8Array; readonly revision: number; readonly createRevision: number }
    | undefined;
}

export type WriteResult =
  | { readonly ok: true; readonly revision: number; readonly changes: readonly WrittenChange[] }
  | {
      readonly ok: false;
      readonly code: 'AlreadyExists' | 'NotFound' | 'Conflict' | 'Invalid';
      readonly message: string;
    };
