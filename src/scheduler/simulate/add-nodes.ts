/** More nodes, like one that is there. */
import { PeapodError } from '../../model/errors.ts';
import { readNode } from '../engine/state/node-info.ts';
import { copyOfNode } from '../explain/change-step.ts';
import { type ClusterObject, objectsOf, readingFrom } from './cluster-objects.ts';

type NodeObject = Extract<ClusterObject, { kind: 'Node' }>;

/**
 * @param like a node's name; the one with the most memory unless told
 * @throws PeapodError `NotFound` when there is no such node, or none at all
 */
export function addNodes(
  objects: readonly ClusterObject[],
  count: number,
  like: string | undefined,
): ClusterObject[] {
  const nodes = objectsOf(objects, 'Node');
  const model =
    like === undefined ? largest(nodes) : nodes.find(({ object }) => object.metadata?.name === like);
  if (model === undefined) {
    const what =
      like === undefined ? 'there are no nodes to copy' : `there is no node ${JSON.stringify(like)}`;
    throw new PeapodError('NotFound', `cannot add nodes: ${what}`);
  }
  const taken = new Set(nodes.map(({ object }) => object.metadata?.name));
  const added: ClusterObject[] = [];
  for (let number = 1; added.length < count; number++) {
    const name = `added-${number}`;
    if (taken.has(name)) continue;
    added.push({ kind: 'Node', object: copyOfNode(model.object, name), origin: `--add-nodes: ${name}` });
  }
  return [...objects, ...added];
}

function largest(nodes: readonly NodeObject[]): NodeObject | undefined {
  const sizeOf = ({ object, origin }: NodeObject): number =>
    readingFrom(origin, () => readNode(object).allocatable.get('memory') ?? 0);
  return nodes.toSorted((a, b) => sizeOf(b) - sizeOf(a))[0];
}
