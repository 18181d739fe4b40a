/** What names, labels and annotations may look like, and what is said if they do not. */
import type { Causes } from './failures.js';
import { asObject, type JsonObject } from './json.js';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const serviceLabel = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedPart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

export type NameStyle = 'subdomain' | 'label' | 'service' | 'path';

const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an " +
  "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const serviceText =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and " +
  "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is " +
  "'[a-z]([-a-z0-9]*[a-z0-9])?')";
const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const qualifiedText =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** What is wrong with a name, or undefined. */
export function problemOfName(name: string, style: NameStyle): string | undefined {
  if (style === 'path') {
    if (name === '.' || name === '..') return `may not be '${name}'`;
    const stray = ['/', '%'].find((each) => name.includes(each));
    return stray === undefined ? undefined : `may not contain '${stray}'`;
  }
  const [pattern, text, longest] =
    style === 'label'
      ? ([label, labelText, 63] as const)
      : style === 'service'
        ? ([serviceLabel, serviceText, 63] as const)
        : ([subdomain, subdomainText, 253] as const);
  if (!pattern.test(name)) return text;
  return name.length > longest ? `must be no more than ${longest} bytes` : undefined;
}

export function problemOfLabelValue(value: string): string | undefined {
  if (value.length > 63) return 'must be no more than 63 bytes';
  return labelValue.test(value) ? undefined : labelValueText;
}

/** A key of a label, an annotation or a taint: `name` or `prefix/name`. */
export function problemOfKey(key: string): string | undefined {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  if (prefix !== undefined && !subdomain.test(prefix)) {
    return prefix === '' ? 'prefix part must be non-empty' : `prefix part ${subdomainText}`;
  }
  if (name === '') return 'name part must be non-empty';
  if (!qualifiedPart.test(name)) return qualifiedText;
  return name.length > 63 ? 'name part must be no more than 63 bytes' : undefined;
}

export function validateLabels(labels: unknown, field: string, causes: Causes): void {
  for (const [key, value] of Object.entries(asObject(labels))) {
    const keyProblem = problemOfKey(key);
    if (keyProblem !== undefined) causes.invalid(field, key, keyProblem);
    const valueProblem = problemOfLabelValue(String(value));
    if (valueProblem !== undefined) causes.invalid(field, value, valueProblem);
  }
}

const annotationBytesLimit = 256 * 1024;

/** Name, labels and annotations of any object. */
export function validateMetadata(metadata: JsonObject, style: NameStyle, causes: Causes): void {
  const { name, generateName, labels, annotations } = metadata;
  if (typeof name !== 'string' || name === '') {
    if (typeof generateName !== 'string' || generateName === '') {
      causes.required('metadata.name', 'name or generateName is required');
    }
  } else {
    const problem = problemOfName(name, style);
    if (problem !== undefined) causes.invalid('metadata.name', name, problem);
  }
  validateLabels(labels, 'metadata.labels', causes);
  let size = 0;
  for (const [key, value] of Object.entries(asObject(annotations))) {
    const problem = problemOfKey(key.toLowerCase());
    if (problem !== undefined) causes.invalid('metadata.annotations', key, problem);
    size += key.length + String(value).length;
  }
  if (size > annotationBytesLimit) causes.tooLong('metadata.annotations', annotationBytesLimit);
}
