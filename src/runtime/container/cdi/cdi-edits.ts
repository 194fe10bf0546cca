import { PeapodError } from '../../../model/errors.ts';
import type { CdiEdits } from './cdi-spec.ts';
import { type CdiFile, type CdiFiles, readCdiSpecs } from './read-cdi-specs.ts';

/**
 * What devices change in a container: of each file once what all its devices need, then what each device does, in the order asked for.
 * @param names fully qualified: `vendor.example/class=device`
 * @throws PeapodError CreateContainerError for a device that no file describes, or two equally; Unsupported for an edit that is not applied
 */
export async function cdiEdits(
  names: readonly string[],
  directories: readonly string[],
): Promise<readonly CdiEdits[]> {
  if (names.length === 0) return [];
  const specs = await readCdiSpecs(directories);
  const used = new Set<CdiFile>();
  const all: CdiEdits[] = [];
  for (const name of names) {
    const { file, edits } = find(name, specs);
    if (!used.has(file)) all.push(file.spec.edits);
    used.add(file);
    all.push(edits);
  }
  const refused = all.flatMap((edits) => edits.refused);
  if (refused.length > 0)
    throw new PeapodError('Unsupported', `CDI ${[...new Set(refused)].join(', ')}: not supported`);
  return all;
}

function find(name: string, { files, broken }: CdiFiles): { file: CdiFile; edits: CdiEdits } {
  const [kind = '', device = ''] = name.split(/=(.*)/s);
  const found = files
    .filter(({ spec }) => spec.kind === kind)
    .flatMap((file) =>
      file.spec.devices.filter((each) => each.name === device).map(({ edits }) => ({ file, edits })),
    );
  const highest = Math.max(...found.map(({ file }) => file.priority));
  const [first, second] = found.filter(({ file }) => file.priority === highest);
  if (first === undefined)
    throw new PeapodError('CreateContainerError', `unresolvable CDI devices ${name}${because(broken)}`);
  if (second !== undefined)
    throw new PeapodError(
      'CreateContainerError',
      `conflicting CDI devices ${name}: ${first.file.path} and ${second.file.path} both describe it`,
    );
  return first;
}

function because(broken: readonly string[]): string {
  return broken.length === 0 ? '' : ` (cannot use ${broken.join('; ')})`;
}
