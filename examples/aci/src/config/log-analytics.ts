/** Where the logs of all groups go, if anywhere: `LOG_ANALYTICS_…`, as azure-aci takes them. */
import { UsageError } from '@vk-sdk-examples/shared';
import type { LogAnalyticsSettings } from '../mapping/index.js';
import { readJsonObject, textIn, type Environment, type ReadFile } from './files.js';

/** The two variables go before the file. With a cluster's resource id the logs are its Container Insights'. */
export function logAnalyticsOf(env: Environment, readFile: ReadFile): LogAnalyticsSettings | undefined {
  const clusterResourceId = env['CLUSTER_RESOURCE_ID'];
  const workspace = fromVariables(env) ?? fromFile(env, readFile);
  return workspace && { ...workspace, ...(clusterResourceId && { clusterResourceId }) };
}

function fromVariables(env: Environment): LogAnalyticsSettings | undefined {
  const { LOG_ANALYTICS_ID: workspaceId, LOG_ANALYTICS_KEY: workspaceKey } = env;
  if (workspaceId && workspaceKey) return { workspaceId, workspaceKey };
  if (workspaceId || workspaceKey) {
    throw new UsageError('LOG_ANALYTICS_ID and LOG_ANALYTICS_KEY: one is of no use without the other');
  }
  return undefined;
}

function fromFile(env: Environment, readFile: ReadFile): LogAnalyticsSettings | undefined {
  const variable = 'LOG_ANALYTICS_AUTH_LOCATION';
  const path = env[variable];
  if (!path) return undefined;
  const file = readJsonObject(variable, path, readFile);
  const workspaceId = textIn(file, 'workspaceId', path);
  const workspaceKey = textIn(file, 'workspaceKey', path);
  if (!workspaceId || !workspaceKey) throw new UsageError(`${path}: workspaceId or workspaceKey is missing`);
  return { workspaceId, workspaceKey };
}
