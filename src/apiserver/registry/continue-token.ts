import { badRequest } from '../errors/status-error.ts';

/** Where a list goes on: after a key (without its prefix), as of a revision or of now. */
export interface ContinueFrom {
  readonly revision: number | undefined;
  readonly afterKey: string;
}

/** What stands for the newest revision there is when the token is used, as in Kubernetes' tokens. */
const NEWEST = -1;

/** @param revision nothing: whatever is there when the token is used */
export function continueToken(revision: number | undefined, afterKey: string): string {
  const token = { v: 'peapod/v1', rv: revision ?? NEWEST, start: afterKey };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** @throws StatusError BadRequest when the token is not one of ours */
export function readContinueToken(token: string): ContinueFrom {
  try {
    const { v, rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    const isOurs = v === 'peapod/v1' && Number.isSafeInteger(rv) && typeof start === 'string';
    if (isOurs && isKey(start)) {
      if (rv === NEWEST) return { revision: undefined, afterKey: start };
      if ((rv as number) > 0) return { revision: rv as number, afterKey: start };
    }
  } catch {
    // Falls through to the refusal.
  }
  throw badRequest('continue key is not valid: the token was not made by this server');
}

/** Nothing that could lead out of the prefix. */
function isKey(text: string): boolean {
  return text !== '' && text.length <= 1024 && !text.split('/').some((part) => part === '' || part === '..');
}
