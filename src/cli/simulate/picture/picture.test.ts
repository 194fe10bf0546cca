import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { loadCluster } from '../../../scheduler/simulate/load-cluster.ts';
import { simulate } from '../../../scheduler/simulate/simulate.ts';
import { displayWidth } from '../../output/terminal.ts';
import { readObjects } from '../read-objects.ts';
import { type ClusterPicture, pictureOf } from './cluster-picture.ts';
import { paintPng } from './png-picture.ts';
import { drawSvg } from './svg-picture.ts';
import { drawForTerminal } from './terminal-picture.ts';

function drawn(nodes: number): ClusterPicture {
  const node = (index: number) => `
kind: Node
apiVersion: v1
metadata: { name: node-${index} }
spec: { unschedulable: ${index === 1} }
status: { allocatable: { cpu: "4", memory: ${index + 1}Gi, pods: "10" } }`;
  const pod = (name: string, memory: string, more = '') => `
kind: Pod
apiVersion: v1
metadata: { name: ${name} }
spec:
  ${more}
  containers:
    - { name: one, resources: { requests: { memory: ${memory} } } }
    - { name: two, resources: { requests: { memory: ${memory} } } }`;
  const documents = [
    ...Array.from({ length: nodes }, (_, index) => node(index)),
    pod('before', '128Mi', 'nodeName: node-0'),
    pod('small', '256Mi'),
    pod('<large>', '1Ti'),
  ];
  const result = simulate(loadCluster(readObjects(documents.join('\n---'), 'test')));
  return pictureOf(result, ({ outcome }) => `is ${outcome} & waits`);
}

const plain = (_: string, text: string): string => text;

test('a picture knows who was there before, who came, and who waits', () => {
  const { nodes, pending, groups } = drawn(3);
  assert.deepEqual(
    nodes.map(({ name, cordoned, pods }) => [name, cordoned, pods.map((pod) => [pod.name, pod.group])]),
    [
      ['node-0', false, [['before', 0]]],
      ['node-1', true, []],
      ['node-2', false, [['small', 1]]],
    ],
  );
  assert.deepEqual(
    pending.map(({ name }) => name),
    ['<large>'],
  );
  assert.deepEqual(groups, ['small', '<large>']);
});

test('on the terminal no line but those of reasons is wider than it, and every node is there', () => {
  for (const columns of [60, 80, 200]) {
    const text = drawForTerminal(drawn(4), { columns, style: plain });
    const bars = text.split('\n').filter((line) => line.startsWith('node-'));
    assert.equal(bars.length, 4);
    for (const line of bars) assert.ok(displayWidth(line) <= Math.max(columns, 80), line);
    assert.match(text, /node-1 .*cordoned/);
    assert.match(text, /<large> 2Ti {2}is pending & waits/);
  }
});

test('colours come only from the terminal', () => {
  const style = (_: string, text: string): string => `\u001B[1m${text}\u001B[0m`;
  const coloured = drawForTerminal(drawn(3), { columns: 80, style });
  assert.equal(stripVTControlCharacters(coloured), drawForTerminal(drawn(3), { columns: 80, style: plain }));
});

test('the SVG shows every pod and node in each of its layouts, with texts escaped', () => {
  for (const count of [3, 20, 250]) {
    const svg = drawSvg(drawn(count));
    assert.equal(svg.match(/<title>memory /g)?.length, count);
    assert.match(svg, /<title>small: 512Mi memory, 0 cpu<\/title>/);
    assert.ok(svg.includes('&lt;large&gt;') && svg.includes('waits'));
    assert.ok(!svg.includes('<large>'));
    assert.ok(!/NaN|undefined|Infinity|="-/.test(svg));
    assert.equal(
      svg.match(/<(rect|text|title|svg)\b/g)?.length,
      (svg.match(/\/>/g)?.length ?? 0) + (svg.match(/<\/(rect|text|title|svg)>/g)?.length ?? 0),
    );
  }
});

test('the PNG is the SVG at twice its size, with letters in it', async () => {
  const svg = drawSvg(drawn(3));
  const png = Buffer.from(await paintPng(svg));
  assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const height = Number(/height="(\d+)"/.exec(svg)?.[1]);
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [2000, height * 2]);
  const withoutText = Buffer.from(await paintPng(svg.replace(/<text.*?<\/text>/g, '')));
  assert.ok(png.length > withoutText.length * 1.5, 'text is painted');
});
