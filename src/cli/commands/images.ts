import type { ImageStatus } from '../../runtime/pod-runtime.ts';
import { imageSettings } from '../engine/image-settings.ts';
import { openHost } from '../host.ts';
import { humanSize } from '../output/human-size.ts';
import { parseOutputFormat, printList } from '../output/print-list.ts';
import { terminalOf } from '../output/terminal.ts';
import type { Settings } from '../settings.ts';

interface ImageRow {
  repository: string;
  tag: string;
  image: ImageStatus;
}

/** `peapod images`: a line for each name of each image. */
export async function images(settings: Settings, options: { output?: string }): Promise<void> {
  const format = parseOutputFormat(options.output);
  await using host = await openHost(await imageSettings(settings));
  const rows = (await host.runtime.listImages()).flatMap(rowsOf);
  const columns = [
    { heading: 'REPOSITORY', value: (row: ImageRow) => row.repository },
    { heading: 'TAG', value: (row: ImageRow) => row.tag },
    { heading: 'IMAGE ID', value: (row: ImageRow) => row.image.id.replace('sha256:', '').slice(0, 12) },
    { heading: 'SIZE', value: (row: ImageRow) => humanSize(row.image.sizeBytes) },
    { heading: 'DIGEST', value: (row: ImageRow) => row.image.repoDigests[0] ?? '<none>', wide: true },
    {
      heading: 'PLATFORM',
      value: (row: ImageRow) => `${row.image.config.os}/${row.image.config.architecture}`,
      wide: true,
    },
  ];
  const name = (row: ImageRow) => (row.tag === '<none>' ? row.image.id : `${row.repository}:${row.tag}`);
  await printList(terminalOf(process.stdout), format, { columns, name, object: ({ image }) => image }, rows);
}

function rowsOf(image: ImageStatus): ImageRow[] {
  if (image.repoTags.length > 0) {
    return image.repoTags.map((name) => {
      const colon = name.lastIndexOf(':');
      return { repository: name.slice(0, colon), tag: name.slice(colon + 1), image };
    });
  }
  return [{ repository: image.repoDigests[0]?.replace(/@.*/, '') ?? '<none>', tag: '<none>', image }];
}
