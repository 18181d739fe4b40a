/** A pod that refers to everything a pod may refer to, and what a container of it sees of that under a kubelet. */
import { totalmem } from 'node:os';
import type { Container, Pod } from 'vk-sdk';

export const secretValue = 'hush-4711';
export const configMap = {
  metadata: { namespace: 'default', name: 'settings' },
  data: { colour: 'blue', 'app.mode': 'fast' },
};
export const secret = {
  metadata: { namespace: 'default', name: 'credentials' },
  data: { password: Buffer.from(secretValue).toString('base64') },
};
export const serviceAccount = { metadata: { namespace: 'default', name: 'reader' } };
export const service = {
  metadata: { namespace: 'default', name: 'web-db' },
  spec: { ports: [{ name: 'sql', port: 5432 }] },
};

const env: NonNullable<Container['env']> = [
  { name: 'LITERAL', value: 'plain' },
  { name: 'DEPENDENT', value: '$(LITERAL) $$(LITERAL) $(UNKNOWN) $(PASSWORD)' },
  { name: 'CM_colour', value: 'green' },
  { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'app.mode' } } },
  { name: 'ABSENT', valueFrom: { configMapKeyRef: { name: 'nobody', key: 'x', optional: true } } },
  { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'credentials', key: 'password' } } },
  { name: 'AGAIN', value: '<$(PASSWORD)>' },
  { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
  { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
  { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
  { name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'spec.host' } } },
  { name: 'ACCOUNT', valueFrom: { fieldRef: { fieldPath: 'spec.serviceAccountName' } } },
  { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  { name: 'HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
  { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
  { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } } },
  { name: 'ALL_MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } },
  { name: 'DB_ADDRESS', valueFrom: { fileKeyRef: { volumeName: 'shared', path: 'vars/db.env', key: 'DB_ADDRESS' } } },
  {
    name: 'NO_KEY',
    valueFrom: { fileKeyRef: { volumeName: 'shared', path: 'vars/db.env', key: 'NO', optional: true } },
  },
  { name: 'NO_FILE', valueFrom: { fileKeyRef: { volumeName: 'shared', path: 'no', key: 'NO', optional: true } } },
  { name: 'DB_URL', value: 'sql://$(DB_ADDRESS)/$(PASSWORD)' },
];

/** Writes the file that variables of the container come from. */
const writer: Container = {
  name: 'writer',
  image: 'not-used',
  command: [
    'sh',
    '-c',
    `mkdir "$POD_ROOT/srv/vars" && printf "# by the writer\\nDB_ADDRESS='db one\\n:5432' # or so\\n" > "$POD_ROOT/srv/vars/db.env"`,
  ],
  volumeMounts: [{ name: 'shared', mountPath: '/srv' }],
};

const volumes: NonNullable<Pod['spec']['volumes']> = [
  { name: 'config', configMap: { name: 'settings' } },
  { name: 'items', configMap: { name: 'settings', items: [{ key: 'colour', path: './deep//colour', mode: 0o440 }] } },
  { name: 'secret', secret: { secretName: 'credentials', defaultMode: 0o400 } },
  { name: 'absent', configMap: { name: 'nobody', optional: true } },
  {
    name: 'info',
    downwardAPI: {
      items: [
        { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
        { path: 'cpu', resourceFieldRef: { containerName: 'app', resource: 'limits.cpu', divisor: '1m' } },
      ],
    },
  },
  {
    name: 'account',
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: 3_607 } },
        { configMap: { name: 'settings', items: [{ key: 'colour', path: 'ca.crt' }] } },
        { secret: { name: 'credentials', items: [{ key: 'password', path: 'password' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  },
  { name: 'shared', emptyDir: {} },
];

const volumeMounts: NonNullable<Container['volumeMounts']> = [
  { name: 'config', mountPath: '/etc/vk-test/config' },
  { name: 'items', mountPath: '/vk-test-items' },
  { name: 'secret', mountPath: '/opt/vk test/secret' },
  { name: 'absent', mountPath: '/etc/vk-test/absent' },
  { name: 'info', mountPath: '/etc/vk-info' },
  { name: 'account', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
  { name: 'shared', mountPath: '/srv' },
  { name: 'shared', mountPath: '/srv/inner', readOnly: true },
  { name: 'config', mountPath: '/etc/vk-test.conf', subPath: 'app.mode' },
  { name: 'shared', mountPath: '/vk-test-logs', subPathExpr: 'logs/$(POD_NAME)' },
];

export function podOfAll(script: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'all', labels: { app: 'web', tier: 'front' } },
    spec: {
      automountServiceAccountToken: false,
      serviceAccountName: 'reader',
      tolerations: [{ operator: 'Exists' }],
      terminationGracePeriodSeconds: 1,
      volumes,
      initContainers: [writer],
      containers: [
        {
          name: 'app',
          image: 'not-used',
          command: ['sh', '-c', script, '$(LITERAL)'],
          args: ['$(MODE)', '$(UNKNOWN)'],
          envFrom: [
            { prefix: 'CM_', configMapRef: { name: 'settings' } },
            { secretRef: { name: 'nobody', optional: true } },
          ],
          env,
          resources: { limits: { cpu: '500m' }, requests: { cpu: '100m', memory: '64Mi' } },
          volumeMounts,
        },
      ],
    },
  };
}

export interface Row {
  /** A page below kubernetes.io/docs, or the API's field. */
  readonly source: string;
  readonly script: string;
  readonly sees: string;
  /** Only with a mount namespace. */
  readonly mounted?: true;
}

const variables = 'tasks/inject-data-application/define-environment-variable-container';
const fromFile = 'tasks/inject-data-application/define-environment-variable-via-file';
const dependent = 'tasks/inject-data-application/define-interdependent-environment-variables';
const configMaps = 'tasks/configure-pod-container/configure-pod-configmap';
const secrets = 'concepts/configuration/secret';
const downward = 'concepts/workloads/pods/downward-api';
const projected = 'concepts/storage/projected-volumes';
const subPath = 'concepts/storage/volumes#using-subpath';
const links = 'concepts/storage/volumes#configmap (files by way of ..data)';

/** What the container sees: of a script its output, without the last end of line. */
export function kubeletTable(
  pod: Pod,
  { node, address, service }: { node: string; address: string; service: string },
): Row[] {
  const echo = (source: string, text: string, sees: string): Row => ({ source, script: `printf %s "${text}"`, sees });
  const cat = (source: string, path: string, sees: string): Row => ({
    source,
    script: `cat "$POD_ROOT${path}"`,
    sees,
  });
  const account = '/var/run/secrets/kubernetes.io/serviceaccount';
  return [
    echo(variables, '$LITERAL', 'plain'),
    echo(`${dependent} (what comes later is not known)`, '$DEPENDENT', 'plain $(LITERAL) $(UNKNOWN) $(PASSWORD)'),
    echo(dependent, '$AGAIN', `<${secretValue}>`),
    echo('API: Container.env takes precedence over envFrom', '$CM_colour', 'green'),
    // By what the shell was given: it does not pass on a name that it could not use itself.
    { source: configMaps, script: "tr '\\0' '\\n' < /proc/$$/environ | grep ^CM_app", sees: 'CM_app.mode=fast' },
    echo(configMaps, '$MODE', 'fast'),
    echo('concepts/configuration/configmap#optional', '${ABSENT-unset}', 'unset'),
    echo(secrets, '$PASSWORD', secretValue),
    echo(downward, '$POD_NAME $POD_UID $APP', `all ${pod.metadata.uid ?? ''} web`),
    echo(downward, '$NODE $ACCOUNT', `${node} reader`),
    echo('API: ObjectFieldSelector (spec.host, as spec.nodeName was called)', '$HOST', node),
    echo(downward, '$POD_IP $HOST_IP', `${address} ${address}`),
    echo(`${downward} (divisor)`, '$CPU $MEMORY', '500 64'),
    echo(
      `${downward} (a limit that is not set is the node’s)`,
      '$ALL_MEMORY',
      String(Math.floor(totalmem() / 1_024) * 1_024),
    ),
    echo(fromFile, '$DB_ADDRESS', 'db one\n:5432'),
    echo(`${fromFile} (optional)`, '${NO_KEY-unset} ${NO_FILE-unset}', 'unset unset'),
    echo(`${fromFile}, ${dependent}`, '$DB_URL', `sql://db one\n:5432/${secretValue}`),
    echo('concepts/services-networking/service#environment-variables', '$WEB_DB_SERVICE_HOST', service),
    echo('concepts/services-networking/service#environment-variables', '$WEB_DB_SERVICE_PORT_SQL', '5432'),
    cat(configMaps, '/etc/vk-test/config/app.mode', 'fast'),
    { source: links, script: 'readlink "$POD_ROOT/etc/vk-test/config/app.mode"', sees: '..data/app.mode' },
    cat(`${configMaps} (items, at their paths without what changes nothing)`, '/vk-test-items/deep/colour', 'blue'),
    {
      source: `${configMaps} (items: all the others are left out)`,
      script: 'ls "$POD_ROOT/vk-test-items"',
      sees: 'deep',
    },
    {
      source: 'API: KeyToPath.mode',
      script: 'stat -L -c %a "$POD_ROOT/vk-test-items/deep/colour"',
      sees: '440',
    },
    cat(secrets, '/opt/vk test/secret/password', secretValue),
    {
      source: `${secrets} (defaultMode)`,
      script: 'stat -L -c %a "$POD_ROOT/opt/vk test/secret/password"',
      sees: '400',
    },
    { source: 'API: ConfigMapVolumeSource.optional', script: 'ls "$POD_ROOT/etc/vk-test/absent"', sees: '' },
    cat(downward, '/etc/vk-info/labels', 'app="web"\ntier="front"'),
    cat(downward, '/etc/vk-info/cpu', '500'),
    {
      source: `${projected}#serviceaccounttoken (bound to the pod)`,
      script: `test -s "$POD_ROOT${account}/token" && echo a token`,
      sees: 'a token',
    },
    cat(projected, `${account}/ca.crt`, 'blue'),
    cat(projected, `${account}/password`, secretValue),
    cat(projected, `${account}/namespace`, 'default'),
    {
      source: 'concepts/storage/volumes#emptydir (shared by all that mount it)',
      script: 'echo hello > "$POD_ROOT/srv/file"; cat "$POD_ROOT/srv/inner/file"',
      sees: 'hello',
    },
    cat(`${subPath} (a file)`, '/etc/vk-test.conf', 'fast'),
    {
      source: `${subPath}-expanded-environment`,
      script: 'echo line > "$POD_ROOT/vk-test-logs/log"; cat "$POD_ROOT/srv/logs/all/log"',
      sees: 'line',
    },
    {
      source: 'concepts/storage/volumes (configMap, secret, downwardAPI, projected are mounted read-only)',
      script: 'touch /etc/vk-test/config/x 2>/dev/null || echo no',
      sees: 'no',
      mounted: true,
    },
    {
      source: 'API: VolumeMount.readOnly',
      script: 'touch /srv/inner/x 2>/dev/null || echo no',
      sees: 'no',
      mounted: true,
    },
    {
      source:
        'concepts/containers/container-environment (the file system is the image’s, with volumes: here the machine’s)',
      script: 'test -e /etc/passwd && test -d /usr/bin && echo there',
      sees: 'there',
      mounted: true,
    },
  ];
}
