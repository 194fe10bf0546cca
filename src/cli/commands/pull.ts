import { imageSettings } from '../engine/image-settings.ts';
import { openHost } from '../host.ts';
import { terminalOf } from '../output/terminal.ts';
import { requireRoot } from '../require-root.ts';
import { Interrupts } from '../run/interrupts.ts';
import { PullView } from '../run/pull-view.ts';
import type { Settings } from '../settings.ts';

/** `peapod pull`: prints the id of each image. */
export async function pull(settings: Settings, references: readonly string[]): Promise<void> {
  requireRoot('pull images');
  await using host = await openHost(await imageSettings(settings));
  using interrupts = new Interrupts();
  const ids: string[] = [];
  {
    await using view = new PullView(terminalOf(process.stderr));
    for (const reference of references) {
      using progress = view.start(reference);
      const image = await host.runtime.pullImage(reference, {
        signal: interrupts.first,
        onProgress: (layer) => progress.update(layer),
      });
      progress.done();
      ids.push(image.id);
    }
  }
  for (const id of ids) process.stdout.write(`${id}\n`);
}
