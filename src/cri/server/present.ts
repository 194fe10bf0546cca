import { isPeapodError } from '../../model/errors.ts';

/** Of work on each of a list's items what was done, without that on what went away meanwhile. */
export async function present<Result>(works: readonly Promise<Result>[]): Promise<Result[]> {
  const results = await Promise.all(
    works.map((work) =>
      work.catch((error: unknown) => {
        if (isPeapodError(error, 'NotFound')) return undefined;
        throw error;
      }),
    ),
  );
  return results.filter((result) => result !== undefined);
}
