/** Keeps the fake honest: the same dialogues with it and with a real apiserver must come out the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlPlane } from '../../src/testing/control-plane.js';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { cases } from './differential/cases/index.js';
import { knownDifferences } from './differential/cases/known-differences.js';
import type { Case } from './differential/cases/shared.js';
import { Dialogue, type Outcome } from './differential/exchange.js';

const skipped = 'skipped unless KUBEBUILDER_ASSETS names a folder with etcd and kube-apiserver';

describe.skipIf(!ControlPlane.available())(`the fake apiserver answers as a real one (${skipped})`, () => {
  const real = new ControlPlane();
  const fake = new FakeApiServer();
  beforeAll(() => Promise.all([real.start(), fake.start()]), 90_000);
  afterAll(() => Promise.all([real.stop(), fake.stop()]), 30_000);

  async function outcomes(name: string, talkAbout: Case): Promise<{ real: Outcome[]; fake: Outcome[] }> {
    const [there, here] = [new Dialogue(real.client, name), new Dialogue(fake.client, name)];
    await talkAbout(there);
    await talkAbout(here);
    return { real: there.outcomes, fake: here.outcomes };
  }

  it.each(cases.map((each, index) => [...each, index] as const))('%s', async (_about, talkAbout, index) => {
    const came = await outcomes(`case-${index}`, talkAbout);
    expect(came.fake).toEqual(came.real);
  });

  describe('but not here', () => {
    it.each(knownDifferences.map((each, index) => [...each, index] as const))(
      '%s',
      async (_about, talkAbout, index) => {
        const came = await outcomes(`difference-${index}`, talkAbout);
        expect(came.fake).not.toEqual(came.real);
      },
    );
  });
});
