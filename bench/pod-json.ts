/** Very many pods, made up as they are asked for. */

/** Marks what tells the pods of one template apart; all else of them is written once. */
const anyMark = /(%[A-Z_]+%)/;

const templates = new Map<number, readonly string[]>();

/**
 * A pod as a Deployment makes it, about 3.8 KB: 200 replicas share a template, and there are 20 to a node unless one is
 * named.
 */
export function podJson(i: number, node = `node-${i % 5_000}`): string {
  const app = Math.floor(i / 200);
  let template = templates.get(app);
  if (template === undefined) templates.set(app, (template = templateJson(app).split(anyMark)));
  const values: Readonly<Record<string, string>> = {
    '%SUFFIX%': i.toString(36).padStart(5, '0'),
    '%UID%': `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    '%VERSION%': String(1_000 + i),
    '%CREATED%': `2026-01-0${1 + (i % 9)}T0${i % 10}:${10 + (i % 50)}:07Z`,
    '%STARTED%': `2026-01-0${1 + (i % 9)}T0${i % 10}:${10 + (i % 50)}:11Z`,
    '%NODE%': node,
    '%HOST_IP%': `10.1.${(i % 5_000) >> 8}.${i & 255}`,
    '%IP%': `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`,
    '%ID%': `containerd://${String(i).padStart(64, 'b')}`,
  };
  let json = '';
  for (const part of template) json += values[part] ?? part;
  return json;
}

function templateJson(app: number): string {
  const owner = `10000000-0000-4000-8000-${String(app).padStart(12, '0')}`;
  const labels = {
    app: `app-${app}`,
    'app.kubernetes.io/part-of': 'bench',
    'pod-template-hash': `7887448d${app % 97}`,
  };
  const fields = (manager: string, of: object) => ({
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: '%CREATED%',
    fieldsType: 'FieldsV1',
    fieldsV1: of,
  });
  const condition = (type: string) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: '%STARTED%' });
  return JSON.stringify({
    metadata: {
      name: `app-${app}-7887448d${app % 97}-%SUFFIX%`,
      generateName: `app-${app}-7887448d${app % 97}-`,
      namespace: `team-${app % 50}`,
      uid: '%UID%',
      resourceVersion: '%VERSION%',
      generation: 1,
      creationTimestamp: '%CREATED%',
      labels,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `app-${app}`,
          uid: owner,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: [
        fields('kube-controller-manager', {
          'f:metadata': { 'f:generateName': {}, 'f:labels': { '.': {}, 'f:app': {}, 'f:pod-template-hash': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"main"}': {
                '.': {},
                'f:env': { '.': {} },
                'f:image': {},
                'f:name': {},
                'f:resources': { '.': {} },
              },
            },
            'f:dnsPolicy': {},
            'f:enableServiceLinks': {},
            'f:restartPolicy': {},
            'f:schedulerName': {},
            'f:securityContext': {},
            'f:terminationGracePeriodSeconds': {},
          },
        }),
        fields('virtual-kubelet', {
          'f:status': {
            'f:conditions': { '.': {}, 'k:{"type":"Ready"}': { '.': {} } },
            'f:containerStatuses': {},
            'f:podIP': {},
          },
        }),
      ],
    },
    spec: {
      volumes: [
        {
          name: 'kube-api-access-%SUFFIX%',
          projected: {
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
              { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
              {
                downwardAPI: {
                  items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
                },
              },
            ],
            defaultMode: 420,
          },
        },
      ],
      containers: [
        {
          name: 'main',
          image: `registry.example.com/team/app-${app}:v1.2.3`,
          env: [
            { name: 'MODE', value: 'production' },
            { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
          ],
          ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
          resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '256Mi' } },
          volumeMounts: [
            {
              name: 'kube-api-access-%SUFFIX%',
              readOnly: true,
              mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
            },
          ],
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'IfNotPresent',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      serviceAccount: 'default',
      nodeName: '%NODE%',
      securityContext: {},
      schedulerName: 'default-scheduler',
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
    },
    status: {
      phase: 'Running',
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        condition,
      ),
      observedGeneration: 1,
      hostIP: '%HOST_IP%',
      hostIPs: [{ ip: '%HOST_IP%' }],
      podIP: '%IP%',
      podIPs: [{ ip: '%IP%' }],
      startTime: '%CREATED%',
      containerStatuses: [
        {
          name: 'main',
          state: { running: { startedAt: '%STARTED%' } },
          lastState: {},
          ready: true,
          restartCount: 0,
          image: `registry.example.com/team/app-${app}:v1.2.3`,
          imageID: `registry.example.com/team/app-${app}@sha256:${String(app).padStart(64, 'a')}`,
          containerID: '%ID%',
          started: true,
        },
      ],
      qosClass: 'Burstable',
    },
  });
}
