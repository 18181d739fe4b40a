/** Authorization: who may do what. The default lets everybody who is known do everything. */
import { ApiFailure } from '../core/api.js';
import type { User } from './users.js';

export interface Access {
  readonly verb: string;
  readonly group: string;
  readonly plural: string;
  readonly subresource?: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** For what is no resource. */
  readonly path?: string | undefined;
}

/** Answers whether `user` may. Must not throw. */
export type Authorize = (user: User, access: Access) => boolean;

/** Throws 403. */
export function requireAccess(authorize: Authorize, user: User, access: Access): void {
  if (authorize(user, access)) return;
  const { verb, group, plural, subresource, namespace, name = '' } = access;
  const qualified = group === '' ? plural : `${plural}.${group}`;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  throw new ApiFailure(
    403,
    'Forbidden',
    `${qualified}${name === '' ? '' : ` "${name}"`} is forbidden: User "${user.username}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
    { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural },
  );
}
