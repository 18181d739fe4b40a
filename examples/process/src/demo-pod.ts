import type { Pod } from 'vk-sdk';

/** A web server and a container that says the time: something for every command of kubectl to be tried on. */
export function demoPod(nodeName: string, port: number): Pod {
  const server = `
    const server = require('node:http').createServer((request, response) => {
      console.log(request.method, request.url);
      response.end('hello from process ' + process.pid + '\\n');
    });
    server.listen(${port}, '127.0.0.1', () => console.log('listening on port ${port}'));
    process.on('SIGTERM', () => server.close());
  `;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'demo', labels: { app: 'demo' } },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': nodeName },
      tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 5,
      containers: [
        {
          name: 'web',
          image: 'not-used',
          command: [process.execPath, '-e', server],
          ports: [{ name: 'http', containerPort: port }],
          readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
        },
        {
          name: 'ticker',
          image: 'not-used',
          command: ['sh', '-c', 'while :; do date; sleep 1; done'],
        },
      ],
    },
  };
}
