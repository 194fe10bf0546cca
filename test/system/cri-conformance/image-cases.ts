import assert from 'node:assert/strict';
import { assertCode, type Case, CODE, until, YOUNGER } from './conformance-case.ts';
import type { Subject } from './subject.ts';

const statusOf = async (subject: Subject, image: string) =>
  (await subject.images.imageStatus({ image: { image } })).image;

/** The registry's host with a repository behind it. */
const inRegistry = (subject: Subject, name: string) => subject.image.replace(/\/.*$/, `/${name}`);

export const IMAGE_CASES: readonly Case[] = [
  {
    verb: 'PullImage',
    says: 'gives a reference that finds the image, again and again',
    run: async (subject) => {
      const { imageRef } = await subject.images.pullImage({ image: { image: subject.image } });
      assert.ok(await statusOf(subject, imageRef));
      assert.equal((await subject.images.pullImage({ image: { image: subject.image } })).imageRef, imageRef);
    },
  },
  {
    verb: 'ImageStatus',
    says: 'finds the image by tag, digest and id alike, with one id',
    run: async (subject) => {
      const byTag = await statusOf(subject, subject.image);
      assert.ok(byTag);
      assert.match(byTag.id, /^sha256:[0-9a-f]{64}$/);
      assert.ok(byTag.repoTags.includes(subject.image) && byTag.size > 0n);
      const digest = byTag.repoDigests[0] ?? '';
      assert.match(digest, /@sha256:[0-9a-f]{64}$/);
      for (const name of [digest, byTag.id, byTag.id.replace('sha256:', '')])
        assert.equal((await statusOf(subject, name))?.id, byTag.id, name);
    },
  },
  {
    verb: 'ImageStatus',
    says: 'an image that is not present is no error: the response has none',
    run: async (subject) => {
      assert.equal(await statusOf(subject, 'localhost/no/such:1'), undefined);
      assert.equal(await statusOf(subject, `sha256:${'0'.repeat(64)}`), undefined);
    },
  },
  {
    verb: 'ImageStatus',
    says: 'tells the user of the image: the number as uid, a name as username',
    run: async (subject) => {
      for (const [name, uid, username] of [
        ['numbered:1', 1042n, ''],
        ['named:1', undefined, 'web'],
      ] as const) {
        const reference = inRegistry(subject, name);
        await subject.images.pullImage({ image: { image: reference } });
        const image = await statusOf(subject, reference);
        assert.deepEqual([image?.uid?.value, image?.username], [uid, username]);
      }
    },
  },
  {
    verb: 'PullImage',
    says: 'an image that the registry does not have is an error',
    run: async (subject) => {
      await assert.rejects(
        subject.images.pullImage({ image: { image: inRegistry(subject, 'no/such:1') } }),
        /no\/such/,
      );
    },
  },
  {
    verb: 'ListImages',
    says: 'gives all images, or those of the filter',
    differs: { containerd: /unfiltered/ },
    run: async (subject) => {
      const all = (await subject.images.listImages({})).images;
      const own = all.find(({ repoTags }) => repoTags.includes(subject.image));
      assert.ok(own);
      const filtered = await subject.images.listImages({ filter: { image: { image: subject.image } } });
      assert.deepEqual(
        filtered.images.map(({ id }) => id),
        [own.id],
        'unfiltered',
      );
      const none = await subject.images.listImages({ filter: { image: { image: 'localhost/no/such:1' } } });
      assert.deepEqual(none.images, []);
    },
  },
  {
    verb: 'StreamImages',
    says: 'gives each image once, in lists of one at least, and ends',
    differs: YOUNGER,
    run: async (subject) => {
      const listed = (await subject.images.listImages({})).images.map(({ id }) => id).sort();
      const streamed: string[] = [];
      for await (const { images } of subject.images.streamImages({})) {
        assert.ok(images.length > 0);
        streamed.push(...images.map(({ id }) => id));
      }
      assert.deepEqual(streamed.sort(), listed);
    },
  },
  {
    verb: 'RemoveImage',
    says: 'removes the image with all of its tags; removing again succeeds',
    run: async (subject) => {
      const [one, two] = [inRegistry(subject, 'twice:1'), inRegistry(subject, 'twice:2')];
      for (const image of [one, two]) await subject.images.pullImage({ image: { image } });
      const image = await statusOf(subject, one);
      assert.equal((await statusOf(subject, two))?.id, image?.id);
      await subject.images.removeImage({ image: { image: one } });
      for (const name of [one, two, image?.id ?? ''])
        assert.equal(await statusOf(subject, name), undefined, name);
      await subject.images.removeImage({ image: { image: one } });
    },
  },
  {
    verb: 'ImageFsInfo',
    says: 'tells the file system of the images, and what they take',
    run: async (subject) => {
      const usage = await until('figures', async () => {
        const [found] = (await subject.images.imageFsInfo({})).imageFilesystems;
        return (found?.inodesUsed?.value ?? 0n) > 0n ? found : undefined;
      });
      assert.match(usage.fsId?.mountpoint ?? '', /^\//);
      assert.ok(usage.timestamp > 0n && (usage.usedBytes?.value ?? 0n) > 0n);
    },
  },
  {
    verb: 'PullImage',
    says: 'a name that is none is an error',
    run: async (subject) => {
      await assert.rejects(subject.images.pullImage({ image: { image: 'Not A Name' } }), {
        name: 'PeapodError',
      });
      await assertCode(subject.images.pullImage({}), CODE.invalidArgument, CODE.unknown, CODE.notFound);
    },
  },
];
