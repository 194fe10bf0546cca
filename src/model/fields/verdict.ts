/** What becomes of a field that somebody sets. */
export type Verdict =
  /** Behaves as in Kubernetes on the node. Single values may be refused all the same. */
  | { readonly kind: 'honoured' }
  /** Decides where the pod goes. */
  | { readonly kind: 'scheduler' }
  /** Taken as it is, and does nothing; setting it brings a warning. */
  | { readonly kind: 'without effect'; readonly reason: string }
  /** Not accepted; the reason is told. */
  | { readonly kind: 'refused'; readonly reason: string };

/** The verdicts of one type's fields, each field standing in exactly one place. */
export interface TypeVerdicts {
  /** Names, divided by spaces. */
  readonly honoured?: string;
  readonly scheduler?: string;
  readonly withoutEffect?: Readonly<Record<string, string>>;
  readonly refused?: Readonly<Record<string, string>>;
}

export type VerdictTable = Readonly<Record<string, TypeVerdicts>>;
