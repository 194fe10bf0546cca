/** Builds the images that are named and prints where each one's OCI archive lies: `node examples/images/main.ts busybox`. */
import { buildImage, RECIPES, type RecipeName } from './build-image.ts';

function isRecipe(name: string): name is RecipeName {
  return Object.hasOwn(RECIPES, name);
}

for (const name of process.argv.slice(2)) {
  if (!isRecipe(name))
    throw new Error(`no such image "${name}": there are ${Object.keys(RECIPES).join(', ')}`);
  console.log(await buildImage(name));
}
