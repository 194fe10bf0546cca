/** `peapod run`: from manifests to running pods. */
import type { Pod } from '../../model/api/types.ts';
import { traced } from '../../runtime/linux/trace.ts';
import type { PodEngine } from '../engine/pod-engine.ts';
import { openServer } from '../engine/pod-source.ts';
import { serverEngine } from '../engine/server-engine.ts';
import { removePods } from '../keeper/remove-pods.ts';
import { type Terminal, terminalOf } from '../output/terminal.ts';
import { ExitCode } from '../report-error.ts';
import { requireRoot } from '../require-root.ts';
import type { Settings } from '../settings.ts';
import { Interrupts } from './interrupts.ts';
import { nameTaken } from './name-taken.ts';
import { type Manifests, readInput } from './read-input.ts';
import { runDetached } from './run-detached.ts';
import { runForeground } from './run-foreground.ts';
import { traceTo } from './trace-to.ts';

export interface RunOptions {
  filename: string[];
  detach?: boolean;
  rm?: boolean;
  replace?: boolean;
  logs: boolean;
  /** Where the times of all steps are written to. */
  trace?: string;
}

/** @throws ExitCode of the first container that failed; PeapodError with nothing left behind when a pod can't be started */
export async function run(settings: Settings, options: RunOptions): Promise<void> {
  using _trace = traceTo(options.trace ?? process.env['PEAPOD_TRACE']);
  const terminal = terminalOf(process.stdout);
  await using server = await openServer(settings);
  const manifests = await traced('read manifests', () =>
    readInput(options.filename, terminalOf(process.stderr), { server: server !== undefined }),
  );
  requireRoot('run pods');
  if (server !== undefined) {
    terminal.write(`${terminal.style('dim', `On the server at ${server.server.url}`)}\n`);
    await runOn(serverEngine(server), manifests, options, terminal);
  } else {
    const { runHere } = await import('./run-here.ts');
    await runHere(settings, (engine) => runOn(engine, manifests, options, terminal));
  }
}

async function runOn(
  engine: PodEngine,
  manifests: Manifests,
  options: RunOptions,
  terminal: Terminal,
): Promise<void> {
  using interrupts = new Interrupts();
  // One pod alone is refused by whoever is to make it, before anything is changed.
  const isAlone = engine.createsFirst && manifests.pods.length === 1 && manifests.objects.length === 0;
  if (options.replace === true || !isAlone) await freeNames(engine, manifests.pods, options.replace ?? false);
  await engine.pullImages(manifests.pods, terminal, { signal: interrupts.first });
  await using applied = await engine.apply(manifests);
  const start = options.detach === true ? runDetached : runForeground;
  const exitCode = await start({
    engine,
    pods: manifests.pods,
    terminal,
    interrupts,
    options,
    started: () => applied.keep(),
  });
  if (exitCode !== 0) throw new ExitCode(exitCode);
}

/** Before anything is made: a name that is taken is an error, or with `--replace` made free. */
async function freeNames(engine: PodEngine, pods: Manifests['pods'], replace: boolean): Promise<void> {
  const present = await engine.client.listPods();
  const taken = pods.flatMap((pod) => present.filter((other) => sameName(pod, other)));
  const [first] = taken;
  if (first === undefined) return;
  if (!replace) throw nameTaken(first.metadata?.name);
  await removePods(engine, taken, {});
}

function sameName(a: Pod, b: Pod): boolean {
  return a.metadata?.name === b.metadata?.name && a.metadata?.namespace === b.metadata?.namespace;
}
