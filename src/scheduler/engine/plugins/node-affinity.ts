import type { NodeAffinity } from '../../../model/api/types.ts';
import { assertNoFieldErrors, FieldErrors } from '../../../model/field-error.ts';
import {
  compileNodeSelector,
  compileNodeSelectorTerm,
  isEmptyTerm,
  type NodeTest,
} from '../pod/node-selector.ts';
import { isWeight, type WeightedNodeTest } from '../pod/pod-shape.ts';
import type { SchedulerPlugin } from '../plugin.ts';
import { filterByColumn } from './column-filter.ts';
import { scoreByColumn } from './column-score.ts';

interface AddedAffinity {
  readonly key: string;
  readonly allows: NodeTest | undefined;
  readonly preferred: readonly WeightedNodeTest[];
}

/**
 * `nodeSelector` and node affinity of the pod, and affinity that the profile adds to every pod.
 * @throws InvalidObjectError naming the wrong fields of `addedAffinity`
 */
export function nodeAffinity(addedAffinity?: NodeAffinity): SchedulerPlugin {
  const added = readAdded(addedAffinity);
  return {
    name: 'NodeAffinity',
    scope: 'node',
    events: ['NodeAdded', 'NodeLabelsChanged'],
    filter({ pod, snapshot }) {
      const { allowsNode, affinityKey } = pod.template.shape;
      if (allowsNode === undefined && added.allows === undefined) return undefined;
      const column = snapshot.columns.get(`affinity ${affinityKey} ${added.key}`, (node) => {
        if (added.allows?.(node) === false) return 1;
        return allowsNode?.(node) === false ? 2 : 0;
      });
      return filterByColumn(column, (node) => ({
        reasons: [
          column.values[node] === 1
            ? "node(s) didn't match scheduler-enforced node affinity"
            : "node(s) didn't match Pod's node affinity/selector",
        ],
        preemptible: false,
        details: [],
      }));
    },
    score({ pod, snapshot }) {
      const { preferredNodes, affinityKey } = pod.template.shape;
      const preferred = [...preferredNodes, ...added.preferred];
      if (preferred.length === 0) return undefined;
      const column = snapshot.columns.get(`preferred ${affinityKey} ${added.key}`, (node) =>
        preferred.reduce((sum, { weight, test }) => sum + (test(node) ? weight : 0), 0),
      );
      return scoreByColumn(column, 'share-of-largest');
    },
  };
}

function readAdded(affinity: NodeAffinity | undefined): AddedAffinity {
  if (affinity === undefined) return { key: '', allows: undefined, preferred: [] };
  const errors = new FieldErrors();
  const required = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  const allows =
    required &&
    compileNodeSelector(required, 'addedAffinity.requiredDuringSchedulingIgnoredDuringExecution', errors);
  const preferred = (affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(
    ({ weight, preference }, index) => {
      const at = `addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      if (!isWeight(weight)) errors.invalid(`${at}.weight`, weight, 'must be in the range 1-100');
      const test = compileNodeSelectorTerm(preference, `${at}.preference`, errors);
      return isEmptyTerm(preference) ? [] : [{ weight, test }];
    },
  );
  assertNoFieldErrors('NodeAffinityArgs', '', errors.list);
  return { key: JSON.stringify(affinity), allows, preferred };
}
