/** Builds the images that are named and prints where each one's OCI archive lies: `node examples/images/main.ts busybox`. */
import { buildImage, recipeName } from './build-image.ts';

for (const name of process.argv.slice(2).map(recipeName)) console.log(await buildImage(name));
