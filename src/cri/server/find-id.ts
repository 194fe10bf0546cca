import { isPeapodError } from '../../model/errors.ts';
import { invalid, required } from '../convert/invalid.ts';
import type { CriContext } from './cri-context.ts';

/** A whole id is longer. */
const BEGINNING = /^[0-9a-f]{1,63}$/;
/** What an id can be: it becomes a part of paths. */
const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** The id of a sandbox, or its beginning if only one has it. @returns what was asked for when there is none @throws PeapodError Invalid when it can be none */
export async function findSandboxId({ runtime }: CriContext, text: string): Promise<string> {
  const id = checked(text, 'pod_sandbox_id');
  return BEGINNING.test(id) ? onlyOne(await runtime.listPodSandboxes(), id, 'pod_sandbox_id') : id;
}

/** The id of a container, or its beginning if only one has it. @returns what was asked for when there is none @throws PeapodError Invalid when it can be none */
export async function findContainerId({ runtime }: CriContext, text: string): Promise<string> {
  const id = checked(text, 'container_id');
  return BEGINNING.test(id) ? onlyOne(await runtime.listContainers(), id, 'container_id') : id;
}

function checked(text: string, field: string): string {
  const id = required(text, field);
  return ID.test(id) ? id : invalid(field, id, 'is no id');
}

function onlyOne(all: readonly { id: string }[], beginning: string, field: string): string {
  const found = all.filter(({ id }) => id.startsWith(beginning));
  if (found.length > 1) return invalid(field, beginning, `${found.length} ids begin so`);
  return found[0]?.id ?? beginning;
}

/** Leaves those whose id begins so; with no beginning all. */
export function withBeginning<Item extends { id: string }>(
  items: readonly Item[],
  beginning: string,
): Item[] {
  return items.filter(({ id }) => id.startsWith(beginning));
}

/** Idempotent verbs take what is not there for done. */
export async function unlessGone(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isPeapodError(error, 'NotFound')) throw error;
  }
}
