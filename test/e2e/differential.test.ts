/** Keeps the fake honest: the same dialogues with it and with a real apiserver must come out the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlPlane } from '../../src/testing/control-plane.js';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { cases } from './differential/cases.js';
import { Dialogue } from './differential/exchange.js';

const skipped = 'skipped unless KUBEBUILDER_ASSETS names a folder with etcd and kube-apiserver';

describe.skipIf(!ControlPlane.available())(`the fake apiserver answers as a real one (${skipped})`, () => {
  const real = new ControlPlane();
  const fake = new FakeApiServer();
  beforeAll(() => Promise.all([real.start(), fake.start()]), 60_000);
  afterAll(() => Promise.all([real.stop(), fake.stop()]), 30_000);

  it.each(cases)('%s', async (_name, talkAbout) => {
    const name = `case-${cases.findIndex(([, each]) => each === talkAbout)}`;
    const [asked, expected] = [new Dialogue(fake.client, name), new Dialogue(real.client, name)];
    await talkAbout(expected);
    await talkAbout(asked);
    expect(asked.outcomes).toEqual(expected.outcomes);
  });
});
