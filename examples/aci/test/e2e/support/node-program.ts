/**
 * A node of the provider as a process of its own, to be killed: `node --import tsx node-program.ts SETTINGS`, settings as JSON.
 * What `npm run aci` does, at the pace of tests.
 */
import { connect, VirtualNode } from 'vk-sdk';
import { AciProvider } from '../../../src/aci-provider.js';
import { lively, type NodeProgramSettings } from './lively.js';

const { nodeName, kubeconfig, aci } = JSON.parse(process.argv[2] ?? '{}') as NodeProgramSettings;
const client = await connect({ kubeconfig });
const provider = new AciProvider(aci, { hostIP: '10.9.8.7', tracker: lively.tracker });
const node = new VirtualNode(nodeName, provider, client, lively.node);
await node.start();
await node.ready();
process.stdout.write('ready\n');
// The parent's end is this process' end: it holds the other side of the pipe.
process.stdin.resume().once('end', () => process.exit(0));
