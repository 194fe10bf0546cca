import { displayWidth } from '../output/terminal.ts';

/** A label with what hangs on it. */
export interface TreeNode {
  label: string;
  children: readonly TreeNode[];
}

/**
 * Draws a tree sideways, as pstree does; children with the same parent start in the same column.
 *
 *     rsyslogd─┬─infra────pause(4101,4101)
 *              └─main─────rsyslogd(4150,4150)
 */
export function renderTree(node: TreeNode): string[] {
  const branches = node.children.flatMap((child, index) => {
    const first = index === 0;
    const last = index === node.children.length - 1;
    const head = node.children.length === 1 ? '───' : first ? '─┬─' : last ? ' └─' : ' ├─';
    const tail = last ? '   ' : ' │ ';
    return renderTree(child).map((line, row) => (row === 0 ? head : tail) + line);
  });
  if (branches.length === 0) return [node.label];
  const indent = ' '.repeat(displayWidth(node.label));
  return branches.map((line, row) => (row === 0 ? node.label : indent) + line);
}
