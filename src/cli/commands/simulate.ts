import { PeapodError } from '../../model/errors.ts';
import { type SchedulerConfiguration, readConfiguration } from '../../scheduler/config/read-configuration.ts';
import { OutcomeReasons } from '../../scheduler/explain/outcome-reason.ts';
import { type ClusterObject, objectsOf } from '../../scheduler/simulate/cluster-objects.ts';
import { addNodes } from '../../scheduler/simulate/add-nodes.ts';
import { countFits, type FitCount } from '../../scheduler/simulate/count-fits.ts';
import { drainNodes, type Drained } from '../../scheduler/simulate/drain-nodes.ts';
import { loadCluster, type PlacementStrategy } from '../../scheduler/simulate/load-cluster.ts';
import { simulate as place, type SimulationResult } from '../../scheduler/simulate/simulate.ts';
import { structured } from '../output/print-list.ts';
import { type Terminal, terminalOf } from '../output/terminal.ts';
import { ExitCode } from '../report-error.ts';
import { thisNode } from '../run/this-node.ts';
import type { Settings } from '../settings.ts';
import { type ExplainedOutcome, OutcomeExplainer } from '../simulate/explain-outcome.ts';
import { readFromKubectl } from '../simulate/from-kubectl.ts';
import { type ClusterPicture, pictureOf } from '../simulate/picture/cluster-picture.ts';
import { drawSvg } from '../simulate/picture/svg-picture.ts';
import { drawForTerminal } from '../simulate/picture/terminal-picture.ts';
import { readDump, readFiles, readText } from '../simulate/read-objects.ts';
import { printableTexts } from '../simulate/printable-texts.ts';
import { renderExplanation } from '../simulate/render-explanation.ts';
import { renderFits } from '../simulate/render-fits.ts';
import { applyWhatIf } from '../simulate/what-if.ts';
import { countPending, placementRows, renderPlacements } from '../simulate/render-placements.ts';

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

const FORMATS = ['json', 'yaml', 'picture', 'svg', 'png'] as const;
type Format = (typeof FORMATS)[number];

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
  const view: View = {
    result,
    reasons: new OutcomeReasons(result),
    explained: explainer.explained(result),
    fits: options.fit === true ? countFits(result) : undefined,
  };
  if (format === 'png') await writePng(view);
  else out.write(await render(view, format, out));
  if (options.exitCode === true && countPending(result) > 0) throw new ExitCode(1);
}

interface View {
  readonly result: SimulationResult;
  readonly reasons: OutcomeReasons;
  readonly explained: readonly ExplainedOutcome[];
  readonly fits: readonly FitCount[] | undefined;
}

async function render(
  view: View,
  format: Exclude<Format, 'png'> | undefined,
  out: Terminal,
): Promise<string> {
  const { result, reasons, explained, fits } = view;
  if (format === 'json' || format === 'yaml') return structured(format, asObject(view));
  if (format === 'svg') return drawSvg(drawn(view));
  if (format === 'picture') return drawForTerminal(drawn(view), out);
  if (explained.length > 0)
    return printableTexts(explained)
      .map(({ explanation, gang }) => renderExplanation(explanation, out, gang))
      .join('\n');
  if (fits !== undefined) return renderFits(printableTexts(fits));
  return renderPlacements(printableTexts(placementRows(result, reasons)));
}

function drawn({ result, reasons }: View): ClusterPicture {
  return printableTexts(pictureOf(result, (outcome) => reasons.reasonOf(outcome)));
}

async function writePng(view: View): Promise<void> {
  if (process.stdout.isTTY) {
    throw new PeapodError('Invalid', 'a PNG is nothing for a terminal', {
      hint: 'peapod simulate … -o png > picture.png, or -o picture',
    });
  }
  const { paintPng } = await import('../simulate/picture/png-picture.ts');
  process.stdout.write(await paintPng(drawSvg(drawn(view))));
}

function asObject({ result, reasons, explained, fits }: View): object {
  const explanations = explained.map(({ explanation, gang }) => ({ ...explanation, ...(gang && { gang }) }));
  return {
    pods: placementRows(result, reasons),
    ...(explanations.length > 0 && { explanations }),
    ...(fits && { fits }),
  };
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
