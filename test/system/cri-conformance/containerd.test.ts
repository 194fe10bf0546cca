import { startContainerd } from '../support/containerd.ts';
import { runSuite } from './run-suite.ts';

runSuite('containerd', (registry) => startContainerd(registry));
