import { asArray, asObject, type JsonObject } from '../json.js';

const counted = ['cpu', 'memory'] as const;

/** Guaranteed: every container limits cpu and memory and requests the same. BestEffort: none asks for any of them. */
export function qosClass(spec: JsonObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...asArray(spec['containers']), ...asArray(spec['initContainers'])].map((each) => {
    const { limits, requests } = asObject(asObject(each)['resources']);
    return { limits: asObject(limits), requests: asObject(requests) };
  });
  const isSet = (value: unknown): boolean => value !== undefined && Number.parseFloat(String(value)) !== 0;
  if (!containers.some((each) => counted.some((key) => isSet(each.limits[key]) || isSet(each.requests[key])))) {
    return 'BestEffort';
  }
  const guaranteed = containers.every((each) =>
    counted.every((key) => isSet(each.limits[key]) && String(each.limits[key]) === String(each.requests[key])),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
