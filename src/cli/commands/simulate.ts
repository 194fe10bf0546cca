import { PeapodError } from '../../model/errors.ts';
import { type SchedulerConfiguration, readConfiguration } from '../../scheduler/config/read-configuration.ts';
import { OutcomeReasons } from '../../scheduler/explain/outcome-reason.ts';
import { type ClusterObject, objectsOf } from '../../scheduler/simulate/cluster-objects.ts';
import { addNodes } from '../../scheduler/simulate/add-nodes.ts';
import { countFits, type FitCount } from '../../scheduler/simulate/count-fits.ts';
import { drainNodes, type Drained } from '../../scheduler/simulate/drain-nodes.ts';
import { loadCluster, type PlacementStrategy } from '../../scheduler/simulate/load-cluster.ts';
import { simulate as place } from '../../scheduler/simulate/simulate.ts';
import { structured } from '../output/print-list.ts';
import { terminalOf } from '../output/terminal.ts';
import { ExitCode } from '../report-error.ts';
import { thisNode } from '../run/this-node.ts';
import type { Settings } from '../settings.ts';
import { type ExplainedOutcome, OutcomeExplainer } from '../simulate/explain-outcome.ts';
import { readFromKubectl } from '../simulate/from-kubectl.ts';
import { readDump, readFiles, readText } from '../simulate/read-objects.ts';
import { renderExplanation } from '../simulate/render-explanation.ts';
import { renderFits } from '../simulate/render-fits.ts';
import { applyWhatIf } from '../simulate/what-if.ts';
import {
  countPending,
  placementRows,
  type PlacementRow,
  renderPlacements,
} from '../simulate/render-placements.ts';

export interface SimulateOptions {
  filename: string[];
  nodes: string[];
  cluster?: string;
  kubeconfig?: string;
  config?: string;
  strategy: string;
  seed: number;
  output?: string;
  exitCode?: boolean;
  why: string[];
  fit?: boolean;
  drain: string[];
  addNodes?: number;
  nodeTemplate?: string;
  whatIf: string[];
}

const FORMATS = ['json', 'yaml'] as const;

/** `peapod simulate`: where the scheduler would put pods. Touches nothing, needs no root. */
export async function simulate(settings: Settings, options: SimulateOptions): Promise<void> {
  const out = terminalOf(process.stdout);
  const format = readChoice('output format', options.output, FORMATS);
  const strategy: PlacementStrategy = readChoice('strategy', options.strategy, ['pod', 'container']) ?? 'pod';
  const configuration = await readConfig(options.config);
  const { objects, warnings } = await changed(await readCluster(settings, options), options);
  const cluster = loadCluster(objects, { configuration, strategy, seed: options.seed });
  for (const warning of [...warnings, ...cluster.warnings]) process.stderr.write(`Warning: ${warning}\n`);
  const explainer = new OutcomeExplainer(cluster, options.why);
  const result = place(cluster, explainer.onlooker);
  const explained = explainer.explained(result);
  const fits = options.fit === true ? countFits(result) : undefined;
  if (format === undefined && explained.length > 0)
    out.write(explained.map(({ explanation, gang }) => renderExplanation(explanation, out, gang)).join('\n'));
  else if (format === undefined && fits !== undefined) out.write(renderFits(fits));
  else {
    const rows = placementRows(result, new OutcomeReasons(result));
    if (format === undefined) out.write(renderPlacements(rows));
    else out.write(await structured(format, asObject(rows, explained, fits)));
  }
  if (options.exitCode === true && countPending(result) > 0) throw new ExitCode(1);
}

function asObject(
  pods: readonly PlacementRow[],
  explained: readonly ExplainedOutcome[],
  fits: readonly FitCount[] | undefined,
): object {
  const explanations = explained.map(({ explanation, gang }) => ({ ...explanation, ...(gang && { gang }) }));
  return { pods, ...(explanations.length > 0 && { explanations }), ...(fits && { fits }) };
}

/** What `--what-if`, `--add-nodes` and `--drain` ask for, in this order. */
async function changed(objects: ClusterObject[], options: SimulateOptions): Promise<Drained> {
  const { whatIf, addNodes: count, nodeTemplate, drain } = options;
  let present = objects;
  for (const change of whatIf) present = await applyWhatIf(present, change);
  if (count !== undefined) present = addNodes(present, count, nodeTemplate);
  return drain.length > 0 ? drainNodes(present, drain) : { objects: present, warnings: [] };
}

async function readCluster(settings: Settings, options: SimulateOptions): Promise<ClusterObject[]> {
  const { filename, nodes, cluster, kubeconfig } = options;
  if (filename.length === 0 && nodes.length === 0 && cluster === undefined && kubeconfig === undefined) {
    throw new PeapodError('Invalid', 'nothing to simulate: say which pods and nodes there are', {
      hint: 'peapod simulate -f pod.yaml --nodes nodes.yaml',
    });
  }
  const objects = [
    ...(await readFiles(nodes)),
    ...(cluster === undefined ? [] : readDump(await readText(cluster), cluster)),
    ...(kubeconfig === undefined ? [] : await readFromKubectl(kubeconfig)),
    ...(await readFiles(filename)),
  ];
  if (objectsOf(objects, 'Node').length > 0) return objects;
  return [{ kind: 'Node', object: thisNode(settings), origin: 'this machine' }, ...objects];
}

async function readConfig(file: string | undefined): Promise<SchedulerConfiguration | undefined> {
  if (file === undefined) return undefined;
  const source = await readText(file);
  try {
    return readConfiguration(source);
  } catch (error) {
    if (!(error instanceof PeapodError)) throw error;
    throw new PeapodError(error.code, `${file}: ${error.message}`, { cause: error });
  }
}

function readChoice<Choice extends string>(
  what: string,
  text: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  if (text === undefined) return undefined;
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw new PeapodError('Invalid', `invalid ${what} "${text}": must be one of ${choices.join(', ')}`);
}
