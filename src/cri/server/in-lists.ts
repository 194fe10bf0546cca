/** How many items of a list go into one answer of a stream: few enough for any message, enough to be quick. */
const LIST_LENGTH = 100;

/** Splits for the verbs that stream lists: each item in one list, no list empty. */
export function* inLists<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let at = 0; at < items.length; at += LIST_LENGTH) yield items.slice(at, at + LIST_LENGTH);
}
