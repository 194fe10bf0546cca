import { createHash } from 'node:crypto';
import type { VolumeSources } from '../../runtime/pod-volumes.ts';

interface Answer {
  readonly again: (sources: VolumeSources) => unknown;
  readonly digest: string;
}

/** What the contents of a pod's volumes were made of, to tell whether they would become others now. Of what is secret a digest stays. */
export class SeenSources {
  readonly #answers: Answer[] = [];

  /** The same sources; what they answer is noted. */
  watching(sources: VolumeSources): VolumeSources {
    const { persistentVolume } = sources;
    const noted = <T>(again: (from: VolumeSources) => Promise<T>): Promise<T> =>
      again(sources).then((answer) => this.#note(again, answer));
    return {
      configMap: (name) => noted((from) => from.configMap(name)),
      secret: (name) => noted((from) => from.secret(name)),
      claim: (name) => noted((from) => from.claim(name)),
      persistentVolume,
      serviceAccountToken: (wish) => noted((from) => from.serviceAccountToken(wish)),
      downwardValue: (item) => {
        const again = (from: VolumeSources): string => from.downwardValue(item);
        return this.#note(again, again(sources));
      },
    };
  }

  /** Whether any of them answers otherwise than it did. @throws what they throw */
  async haveChanged(sources: VolumeSources): Promise<boolean> {
    const changed = this.#answers.map(async ({ again, digest }) => digestOf(await again(sources)) !== digest);
    return (await Promise.all(changed)).includes(true);
  }

  #note<T>(again: (sources: VolumeSources) => unknown, answer: T): T {
    this.#answers.push({ again, digest: digestOf(answer) });
    return answer;
  }
}

function digestOf(answer: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(answer) ?? '')
    .digest('base64');
}
