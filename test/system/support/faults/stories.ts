/** What is swept: lists of verbs that are done in turn, and leave the machine as it was. */
import { IMAGE_VERBS } from './image-verbs.ts';
import { POD_VERBS, type Verb } from './pod-verbs.ts';
import { SPARE_VERBS } from './spare-verbs.ts';

export const STORIES = {
  pod: POD_VERBS,
  /** The same on a node that configures its network. */
  plugins: POD_VERBS,
  image: IMAGE_VERBS,
  spare: SPARE_VERBS,
} as const satisfies Record<string, readonly Verb[]>;
export type Story = keyof typeof STORIES;

/** @throws Error when there is no such story */
export function verbsOf(story: string): readonly Verb[] {
  const verbs = (STORIES as Record<string, readonly Verb[]>)[story];
  if (verbs === undefined) throw new Error(`no story ${story}`);
  return verbs;
}
