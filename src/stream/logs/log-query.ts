/** What a client asks for in the query of `/containerLogs`. Pure. kubelet-protocol §5. */
import type { ContainerLogOptions } from '../../provider/provider.js';
import { Refusal } from '../refusal.js';
import { parseLogTime } from './log-time.js';

/**
 * The options of a log request, checked as the apiserver checks them: what passes is complete and free of contradiction.
 * A parameter that is repeated counts once, the first of it; unknown ones count for nothing. Throws a {@link Refusal}
 * (400) that names the parameter.
 */
export function parseLogQuery(query: URLSearchParams): ContainerLogOptions {
  const sinceSeconds = integer(query, 'sinceSeconds', 1);
  const sinceTime = time(query, 'sinceTime');
  const tailLines = integer(query, 'tailLines', 0);
  const limitBytes = integer(query, 'limitBytes', 1);
  const stream = streamOf(query);
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    throw new Refusal('InvalidInput', 'log query: at most one of sinceTime and sinceSeconds may be given');
  }
  if (stream !== undefined && stream !== 'All' && tailLines !== undefined) {
    throw new Refusal('InvalidInput', 'log query: tailLines and one stream alone exclude each other');
  }
  return {
    ...(flag(query, 'follow') ? { follow: true } : {}),
    ...(flag(query, 'previous') ? { previous: true } : {}),
    ...(flag(query, 'timestamps') ? { timestamps: true } : {}),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(sinceTime === undefined ? {} : { sinceTime }),
    ...(stream === undefined ? {} : { stream }),
  };
}

/** As the kubelet decodes booleans: set without a value, or to anything but `false` and `0`, is true. */
function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

const largest = 2n ** 63n - 1n;

/** What Go's `ParseInt` takes. Numbers that JavaScript cannot tell apart are as good as the largest that it can. */
function integer(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  // The largest has 19 digits; longer ones need not be computed to be refused, unless they begin with zeros.
  const value = /^[+-]?\d{1,64}$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined;
  if (value === undefined || value > largest || value < -largest - 1n) {
    throw new Refusal('InvalidInput', `log query: ${name} is not a whole number`);
  }
  if (value < least) throw new Refusal('InvalidInput', `log query: ${name} must be ${least} or greater`);
  return Math.min(Number(value), Number.MAX_SAFE_INTEGER);
}

/** Empty and `null` are unset: old clients write a time that is missing so. */
function time(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name);
  if (text === null || text === '' || text === 'null') return undefined;
  if (parseLogTime(text) === undefined) throw new Refusal('InvalidInput', `log query: ${name} is not an RFC 3339 time`);
  return text;
}

function streamOf(query: URLSearchParams): ContainerLogOptions['stream'] {
  const stream = query.get('stream');
  if (stream === null) return undefined;
  if (stream === 'All' || stream === 'Stdout' || stream === 'Stderr') return stream;
  throw new Refusal('InvalidInput', 'log query: stream must be All, Stdout or Stderr');
}
