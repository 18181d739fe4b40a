/** Who calls: bearer tokens and client certificates. What they may do is `access.ts`'s. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { ApiFailure } from '../core/api.js';
import { webSocketBearer } from '../kubelet/headers.js';

/** As TokenReview and SelfSubjectReview have it. */
export interface User {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const adminUser: User = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/** A token's user and audiences, or undefined where it is unknown or out of date. */
export type TokenLookup = (token: string) => { readonly user: User; readonly audiences: readonly string[] } | undefined;

export class Authenticator {
  readonly #lookup: TokenLookup;
  readonly #withoutCredentials: User | undefined;
  /** By connection, for a certificate is read once and not for each request. */
  readonly #bySocket = new WeakMap<object, User>();

  /** `withoutCredentials`: who a caller is that presents none. Left out: nobody, and gets 401. */
  constructor(lookup: TokenLookup, withoutCredentials: User | undefined) {
    this.#lookup = lookup;
    this.#withoutCredentials = withoutCredentials;
  }

  /** Throws 401. */
  authenticate(request: IncomingMessage): User {
    const user = this.#caller(request);
    const impersonated = request.headers['impersonate-user'];
    return typeof impersonated === 'string' ? impersonate(request, impersonated) : user;
  }

  #caller(request: IncomingMessage): User {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
      const found = token === undefined ? undefined : this.#lookup(token);
      if (found !== undefined) return found.user;
    } else {
      const user =
        this.#byCertificate(request) ?? this.#lookup(webSocketBearer(request) ?? '')?.user ?? this.#withoutCredentials;
      if (user !== undefined) return user;
    }
    throw new ApiFailure(401, 'Unauthorized', 'Unauthorized');
  }

  #byCertificate({ socket }: IncomingMessage): User | undefined {
    const known = this.#bySocket.get(socket);
    if (known !== undefined || !(socket instanceof TLSSocket) || !socket.authorized) return known;
    // Of several names in a subject, Node makes an array, which its types do not say.
    const subject = socket.getPeerCertificate().subject as { CN?: unknown; O?: unknown } | undefined;
    if (typeof subject?.CN !== 'string') return undefined;
    const groups = [subject.O ?? []].flat().filter((name) => typeof name === 'string');
    const user: User = { username: subject.CN, groups: [...groups, 'system:authenticated'] };
    this.#bySocket.set(socket, user);
    return user;
  }
}

function impersonate(request: IncomingMessage, username: string): User {
  const groups = request.headersDistinct['impersonate-group'] ?? [];
  return { username, groups: groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated'] };
}
