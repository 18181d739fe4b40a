/** Bearer tokens: opaque, in the form of a JWT for clients that look inside, known by being in the table. Bounded: the oldest go. */
import { randomBytes } from 'node:crypto';
import type { Clock } from 'vk-sdk';
import { ArmError } from '../http/answer.js';

const maxTokens = 1_000;

export class Tokens {
  readonly #clock: Clock;
  readonly #lifeMs: number;
  readonly #expiries = new Map<string, number>();

  constructor(clock: Clock, lifeMs: number) {
    this.#clock = clock;
    this.#lifeMs = lifeMs;
  }

  get lifeSeconds(): number {
    return Math.floor(this.#lifeMs / 1000);
  }

  /** When a token that is issued now expires. */
  get expiryOfNext(): number {
    return this.#clock.now() + this.#lifeMs;
  }

  issue(claims: Readonly<Record<string, unknown>>): string {
    const expiresMs = this.expiryOfNext;
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const payload = { ...claims, exp: Math.floor(expiresMs / 1000), jti: randomBytes(8).toString('hex') };
    const token = `${part({ alg: 'none', typ: 'JWT' })}.${part(payload)}.${randomBytes(16).toString('base64url')}`;
    this.#expiries.set(token, expiresMs);
    for (const oldest of this.#expiries.keys()) {
      if (this.#expiries.size <= maxTokens) break;
      this.#expiries.delete(oldest);
    }
    return token;
  }

  /** Every token becomes invalid at once, as after a revocation. */
  revokeAll(): void {
    this.#expiries.clear();
  }

  /** Throws the refusal of the management API unless `authorization` holds a token that is in force. */
  check(authorization: string | undefined): void {
    const [, token] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
    const challenge = { 'WWW-Authenticate': 'Bearer error="invalid_token"' };
    if (token === undefined)
      throw new ArmError(
        401,
        'AuthenticationFailed',
        "Authentication failed. The 'Authorization' header is missing.",
        challenge,
      );
    const expiresMs = this.#expiries.get(token);
    if (expiresMs === undefined)
      throw new ArmError(401, 'InvalidAuthenticationToken', 'The access token is invalid.', challenge);
    if (expiresMs <= this.#clock.now())
      throw new ArmError(401, 'ExpiredAuthenticationToken', 'The access token expired.', challenge);
  }
}
