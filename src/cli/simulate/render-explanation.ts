/** An explanation for people: why this node, what each node says, what it scores, and what would help. */
import { formatAmount } from '../../scheduler/explain/format-amount.ts';
import { type NodeVerdict, type PodExplanation, sayResources } from '../../scheduler/explain/explain-pod.ts';
import { renderTable } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';

/** Large clusters: more nodes are counted, not listed. */
const MAX_NODES = 20;
const MAX_SCORES = 5;

export interface GangNote {
  /** What holds the gang back, and what would let it start. */
  readonly text: string;
  readonly changes: readonly { readonly text: string }[];
}

export function renderExplanation(
  explanation: PodExplanation,
  { style }: Pick<Terminal, 'style'>,
  gang?: GangNote,
): string {
  const { pod, outcome, node, why, summary, nodes, changes } = explanation;
  const heading = style('bold', `Pod ${pod}`);
  const state = outcome === 'placed' ? style('green', `goes to ${node}`) : style('yellow', 'stays Pending');
  const lines = [`${heading} ${state}`];
  if (gang !== undefined) lines.push(`  ${gang.text}`);
  if (outcome === 'placed' || summary !== '' || gang === undefined) lines.push(`  ${why}`);
  lines.push('', style('bold', 'Nodes'), ...renderNodes(nodes, style));
  const scores = renderScores(explanation);
  if (scores !== '') lines.push('', style('bold', 'Scores (points × weight)'), indent(scores));
  const helpful = [
    ...(gang?.changes ?? []).map(({ text }) => ({ text, goal: undefined })),
    ...changes.map(goalOf),
  ];
  if (outcome === 'pending') {
    lines.push('', style('bold', 'What would help (each tried out)'));
    if (helpful.length === 0) lines.push('  no small change that peapod knows of');
    for (const { text, goal } of helpful)
      lines.push(`  - ${text}${goal === undefined ? '' : style('dim', ` → ${goal}`)}`);
  }
  return `${lines.join('\n')}\n`;
}

function goalOf({ text, node }: PodExplanation['changes'][number]): { text: string; goal: string } {
  return { text, goal: node };
}

function renderNodes(nodes: readonly NodeVerdict[], style: Terminal['style']): string[] {
  const shown = nodes.toSorted((a, b) => distanceOf(a) - distanceOf(b)).slice(0, MAX_NODES);
  const lines = shown.flatMap(({ node, fits, plugins, resources }) => {
    if (fits) return [`  ${style('green', '✓')} ${node}  ${sayResources(resources)}`];
    return plugins
      .filter(({ verdict }) => verdict === 'rejected')
      .map(
        ({ plugin, says }, index) =>
          `  ${index === 0 ? `${style('red', '✗')} ${node}` : ' '.repeat(node.length + 2)}  ${plugin}: ${says.join('; ')}`,
      );
  });
  if (nodes.length > shown.length) lines.push(`  … and ${nodes.length - shown.length} more nodes`);
  return lines;
}

/** How far a node is from suiting the pod: by plugins that do not want it, then by what is short. */
function distanceOf({ plugins, resources }: NodeVerdict): number {
  const rejected = plugins.filter(({ verdict }) => verdict === 'rejected').length;
  const shortages = resources.map(({ needed, free }) => Math.max(0, needed - free) / needed);
  return rejected + shortages.reduce((sum, share) => sum + share, 0) / (1 + resources.length);
}

function renderScores({ scores, outcome }: PodExplanation): string {
  const best = scores.slice(0, MAX_SCORES);
  const plugins = (best[0]?.scores ?? []).filter(({ plugin }) =>
    best.some(({ scores: list }) => list.some((one) => one.plugin === plugin && one.normalised !== 0)),
  );
  if (outcome === 'pending' || best.length === 0) return '';
  return renderTable(
    [
      { heading: 'NODE', value: ({ node }) => node },
      { heading: 'TOTAL', value: ({ total }) => String(total) },
      ...plugins.map(({ plugin, weight }) => ({
        heading: plugin,
        value: ({ scores: list }: (typeof best)[number]) => {
          const score = list.find((one) => one.plugin === plugin);
          return score === undefined ? '-' : `${formatAmount('points', score.normalised)} × ${weight}`;
        },
      })),
    ],
    best,
  );
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
