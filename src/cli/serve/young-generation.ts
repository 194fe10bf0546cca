/**
 * Where V8 puts what was just made. In a small one what many requests hold while they wait for the disk is soon taken for old, and lies in
 * memory until all of it is searched; a large one is memory that a server at rest has no use for. V8 lets it grow, up to what the launcher
 * allows, while much is made and kept, and shrink at rest; but it would grow at a start too, which is large once and never again.
 */
import { setFlagsFromString } from 'node:v8';

/** It stays as large as it is. To be called before much is loaded; V8 takes no such factor when it starts. */
export function holdYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** From now on it grows under load, and shrinks at rest. */
export function letYoungGenerationGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
}
