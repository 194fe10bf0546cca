/**
 * The seam at which tests break things. Every call that changes something outside this process (files, processes, mounts, cgroups,
 * signals) passes here; while no fault is injected that costs one comparison. `PEAPOD_FAULT` injects one, for tests only:
 *
 *     record:FILE                 appends the name of each step to FILE
 *     order:FILE                  does what FILE says, one of these, as soon as it says so; nothing while it is missing or empty
 *     kill-before@STEP#N          this process dies by SIGKILL as the step comes for the Nth time,
 *     kill-within@STEP#N          … when it is half done (of those that can be),
 *     kill-after@STEP#N           … or right after it
 *     fail@STEP#N:CODE            it fails with an errno such as ENOSPC and does nothing
 *     fail-from@STEP#N:CODE       so do, from then on, all steps that need room on a disk
 *     hang@STEP#N                 the time limit of the program is over as soon as it runs
 *
 * `*` is any step: the Nth of all.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { getSystemErrorMessage } from 'node:util';

export interface Fault {
  kind: 'kill-before' | 'kill-within' | 'kill-after' | 'fail' | 'fail-from' | 'hang';
  /** As `record` tells it, e.g. `mkdir /run/peapod/sandboxes/<id>/bundle`. */
  step: string;
  /** The first is 1. */
  occurrence: number;
  /** The errno of `fail` and `fail-from`; of `hang` perhaps the limit in milliseconds, for tests that inject it. */
  code: string;
}

interface Injected extends Progress, Order {
  /** Where the order stands, if it may change. */
  file?: string;
  text?: string;
}

interface Order {
  fault: Fault | undefined;
  report: ((step: string) => void) | undefined;
}

interface Progress {
  readonly seen: Map<string, number>;
  /** A `fail-from` has begun. */
  full: boolean;
}

export interface StepOptions {
  /** Does half of the work, for steps that a kill can interrupt. */
  half?: () => unknown;
}

const KINDS = ['kill-before', 'kill-within', 'kill-after', 'fail', 'fail-from', 'hang'] as const;
const NEEDS_ROOM = new Set(['mkdir', 'mkdtemp', 'write', 'create', 'symlink', 'link', 'mknod', 'lock']);

let injected = fromEnvironment(process.env['PEAPOD_FAULT']);

/**
 * Does the work: one call that changes something outside this process.
 * @param subject what it is done to; told without what differs from run to run
 * @throws what the work throws, or the fault
 */
export function externalStep<T>(
  verb: string,
  subject: string | (() => string),
  work: () => T,
  options: StepOptions = {},
): T {
  const now = injected;
  return now === undefined ? work() : doFaulty(now, verb, subject, work, options);
}

/** The time limit of a program that was started just now. @param subject as in its step */
export function timeLimit(verb: string, subject: () => string, timeoutMs: number): number {
  if (injected?.fault?.kind !== 'hang' || timeoutMs === 0) return timeoutMs;
  const { fault, seen } = injected;
  const name = stepName(verb, subject());
  return name === fault.step && seen.get(name) === fault.occurrence ? Number(fault.code) || 1 : timeoutMs;
}

/**
 * Injects a fault into this very process until disposed; instead of the environment's.
 * @param report is told the name of each step before it is done
 */
export function inject(fault: Fault | undefined, report?: (step: string) => void): Disposable {
  const before = injected;
  injected = { fault, report, seen: new Map(), full: false };
  return {
    [Symbol.dispose]: () => {
      injected = before;
    },
  };
}

/** @throws Error when it is none */
export function parseFault(text: string): Fault {
  const at = text.indexOf('@');
  const hash = text.lastIndexOf('#');
  const [count = '', code = ''] = text.slice(hash + 1).split(':');
  const kind = KINDS.find((known) => known === text.slice(0, at));
  const fails = kind === 'fail' || kind === 'fail-from';
  if (kind === undefined || hash < at || !/^[1-9]\d*$/.test(count) || fails !== code in constants.errno)
    throw new Error(`PEAPOD_FAULT: not a fault: ${JSON.stringify(text)}`);
  return { kind, step: text.slice(at + 1, hash), occurrence: Number(count), code };
}

function fromEnvironment(text: string | undefined): Injected | undefined {
  if (text === undefined || text === '') return undefined;
  const progress: Progress = { seen: new Map(), full: false };
  if (!text.startsWith('order:')) return { ...parseOrder(text), ...progress };
  return { fault: undefined, report: undefined, file: text.slice('order:'.length), text: '', ...progress };
}

function parseOrder(text: string): Order {
  if (text === '') return { fault: undefined, report: undefined };
  if (!text.startsWith('record:')) return { fault: parseFault(text), report: undefined };
  const file = text.slice('record:'.length);
  return { fault: undefined, report: (step) => appendFileSync(file, `${step}\n`) };
}

/** A new order counts from its first step. */
function readOrder(now: Injected, file: string): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (text === now.text) return;
  Object.assign(now, parseOrder(text), { text, full: false });
  now.seen.clear();
}

function doFaulty<T>(
  now: Injected,
  verb: string,
  subject: string | (() => string),
  work: () => T,
  { half }: StepOptions,
): T {
  if (now.file !== undefined) readOrder(now, now.file);
  const name = stepName(verb, typeof subject === 'string' ? subject : subject());
  for (const one of [name, '*']) now.seen.set(one, (now.seen.get(one) ?? 0) + 1);
  now.report?.(name);
  const { fault } = now;
  const isMeant = fault !== undefined && (name === fault.step || fault.step === '*');
  const isHit = isMeant && now.seen.get(fault.step) === fault.occurrence;
  if (isHit && fault.kind === 'fail-from') now.full = true;
  if (fault !== undefined && ((isHit && fault.kind === 'fail') || (now.full && NEEDS_ROOM.has(verb))))
    throw injectedError(fault.code, verb, name.slice(verb.length + 1));
  if (!isHit) return work();
  if (fault.kind === 'kill-before') die();
  if (fault.kind === 'kill-within' && half !== undefined) return whenDone(half() as T, die);
  const result = work();
  return fault.kind === 'kill-after' || fault.kind === 'kill-within' ? whenDone(result, die) : result;
}

/** As node:fs words it. */
function injectedError(code: string, syscall: string, path: string): Error {
  const errno = -constants.errno[code as 'EIO'];
  const error = new Error(`${code}: ${getSystemErrorMessage(errno)}, ${syscall} '${path}'`);
  return Object.assign(error, { code, errno, syscall, path });
}

function whenDone<T>(result: T, then: () => void): T {
  if (!(result instanceof Promise)) {
    then();
    return result;
  }
  return result.finally(then) as T;
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** What differs from run to run stands for itself: ids, process numbers, random names. */
function stepName(verb: string, subject: string): string {
  return `${verb} ${subject}`
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/[0-9a-f]{64}/g, '<id>')
    .replace(/(\/leases\/[^/]+\/)[\da-f]*[.:][\da-f.:]+$/, '$1<address>')
    .replace(/exec-\d+-[0-9a-f]{16}/g, 'exec-<random>')
    .replace(/\.new-\w{6}/g, '.new-<random>')
    .replace(/\.\.\d{4}(_\d\d){5}\.[0-9a-f]+/g, '..<time>')
    .replace(/\.\d+\.\d+\.tmp/g, '.tmp')
    .replace(/\/proc\/\d+/g, '/proc/<pid>')
    .replace(/\/fd\/\d+/g, '/fd/<fd>');
}
