/** `peapod serve` with its flags: in the foreground, in the background, or ending the one that runs. */
import { type SettingFlags, settingsFrom } from '../settings.ts';
import { readConfigFile } from './config/read-config.ts';
import { type ServeConfig, type ServeFlags, serveConfig } from './config/serve-config.ts';
import { holdYoungGeneration } from './young-generation.ts';

/** The variable with the configuration of a server in the background. */
export const TOLD = 'PEAPOD_SERVE';

export interface ServeVerbOptions extends ServeFlags {
  readonly config?: string;
  readonly detach?: boolean;
  readonly stop?: boolean;
  readonly ephemeral?: boolean;
  /** By the process that started this one in the background. */
  readonly asTold?: boolean;
}

export async function serveVerb(flags: SettingFlags, options: ServeVerbOptions): Promise<void> {
  holdYoungGeneration();
  if (options.asTold === true) {
    const told = JSON.parse(process.env[TOLD] ?? '{}') as ServeConfig;
    return (await import('./serve.ts')).serve(settingsFrom(flags, process.env), told);
  }
  const file = options.config === undefined ? {} : await readConfigFile(options.config);
  const settings = settingsFrom(flags, process.env, file);
  const config = serveConfig(options, file);
  if (options.stop === true) await (await import('./stop-server.ts')).stopServer(settings, config.dataDir);
  else if (options.ephemeral === true)
    await (await import('./ephemeral/serve-ephemeral.ts')).serveEphemeral(settings, config);
  else if (options.detach === true)
    await (await import('./serve-detached.ts')).serveDetached(settings, config);
  else await (await import('./serve.ts')).serve(settings, config);
}
