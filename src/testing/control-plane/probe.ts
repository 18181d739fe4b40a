/** Asks an apiserver whether it serves, on a connection of its own: what is waited for is not ready for a client yet. */
import { request } from 'node:https';
import type { CertificateAndKey } from '../../kube/pki/certificates.js';

const answerWithinMs = 2_000;

/** The status of a GET, or undefined if there was no answer. */
export function probe(url: string, caPem: string, user: CertificateAndKey): Promise<number | undefined> {
  return new Promise((resolve) => {
    const call = request(
      url,
      { ca: caPem, cert: user.certificate, key: user.key, agent: false, timeout: answerWithinMs },
      (response) => {
        response.resume();
        response.once('close', () => resolve(response.statusCode));
      },
    );
    call.once('timeout', () => call.destroy());
    call.once('error', () => resolve(undefined));
    call.end();
  });
}
