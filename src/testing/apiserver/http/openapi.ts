/**
 * OpenAPI as far as `kubectl` needs it before it creates or applies: that the server knows `fieldValidation`, `dryRun`
 * and `fieldManager`. There are no schemas, so `kubectl explain` has nothing to show; with strategic merge patches kubectl
 * falls back to the types it was built with.
 */
import type { ResourceDefinition } from '../core/api.js';
import { apiVersionOf } from './answer.js';

const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
  name,
  in: 'query',
  schema: { type: name === 'force' ? 'boolean' : 'string' },
}));

const info = { title: 'vk-sdk fake apiserver', version: 'v1' };

/** `/openapi/v3`: where the document of each group and version is. */
export function openApiIndex(definitions: readonly ResourceDefinition[]): object {
  const paths = new Set(definitions.map(groupPath));
  return {
    paths: Object.fromEntries([...paths].map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=0` }])),
  };
}

/** `/openapi/v3/api/v1` and the like. */
export function openApiGroup(definitions: readonly ResourceDefinition[], path: string): object | undefined {
  const members = definitions.filter((definition) => groupPath(definition) === path);
  if (members.length === 0) return undefined;
  return { openapi: '3.0.0', info, paths: Object.assign({}, ...members.map(pathsOf)) as object, components: {} };
}

/** `/openapi/v2`: an empty document for those who ask whether there is one. */
export const openApiV2 = { swagger: '2.0', info, paths: {}, definitions: {} };

function groupPath(definition: ResourceDefinition): string {
  return definition.group === '' ? `api/${definition.version}` : `apis/${apiVersionOf(definition)}`;
}

function pathsOf(definition: ResourceDefinition): Record<string, object> {
  const { group, version, kind, plural, namespaced } = definition;
  const path = `/${groupPath(definition)}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}/{name}`;
  const operation = (action: string): object => ({
    operationId: `${action}${kind}`,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
    parameters,
    responses: { '200': { description: 'OK' } },
  });
  return { [path]: { patch: operation('patch'), put: operation('put') } };
}
