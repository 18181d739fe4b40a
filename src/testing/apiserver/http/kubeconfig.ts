/** A kubeconfig with one context, as JSON, of which YAML readers make no difference. */
export function kubeconfigText(cluster: {
  readonly url: string;
  /** PEM. */
  readonly ca: string | undefined;
  readonly token: string;
}): string {
  const authority = cluster.ca === undefined ? {} : { 'certificate-authority-data': toBase64(cluster.ca) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'fake', cluster: { server: cluster.url, ...authority } }],
    users: [{ name: 'admin', user: { token: cluster.token } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'admin' } }],
    'current-context': 'fake',
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}
