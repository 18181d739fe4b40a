/** Which representation of an answer a client accepts. Pure. */
import { ApiFailure } from '../core/api.js';

export type Representation = 'object' | 'table' | 'metadata' | 'metadataList' | 'discovery';

export interface Negotiated {
  readonly as: Representation;
  /** The Content-Type to answer with. */
  readonly contentType: string;
}

const plain: Negotiated = { as: 'object', contentType: 'application/json' };

const representations: Readonly<Record<string, Representation>> = {
  Table: 'table',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadataList',
  APIGroupDiscoveryList: 'discovery',
};

/**
 * The first of the client's media types that the fake can write: JSON, as the object or as one of `offered`. Throws 406
 * where there is none.
 */
export function negotiate(accept: string | undefined, offered: readonly Representation[] = []): Negotiated {
  if (accept === undefined || accept === 'application/json' || accept === '*/*' || accept === '') return plain;
  for (const clause of accept.split(',')) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
    if (type !== 'application/json' && type !== 'application/*' && type !== '*/*') continue;
    const values = new Map(parameters.map((parameter) => splitOnce(parameter, '=')));
    const wanted = values.get('as');
    if (wanted === undefined) return plain;
    const as = representations[wanted];
    if (as === undefined || !offered.includes(as) || !versionIsSpoken(as, values.get('v'))) continue;
    const group = values.get('g') ?? '';
    return { as, contentType: `application/json;g=${group};v=${values.get('v') ?? ''};as=${wanted}` };
  }
  throw new ApiFailure(406, 'NotAcceptable', 'only the following media types are accepted: application/json');
}

function versionIsSpoken(as: Representation, version: string | undefined): boolean {
  return version === (as === 'discovery' ? 'v2' : 'v1');
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
