import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseCredentialPluginConfig, parseGoDuration } from '../../../src/provider/images/credential-plugin-config.js';
import { CredentialPlugins } from '../../../src/provider/images/credential-plugins.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
const provider = (more: object = {}) => ({
  name: 'plugin',
  apiVersion,
  matchImages: ['*.example.com'],
  defaultCacheDuration: '1h',
  ...more,
});
const config = (...providers: unknown[]) => ({
  apiVersion: 'kubelet.config.k8s.io/v1',
  kind: 'CredentialProviderConfig',
  providers,
});

describe('CredentialPlugins (tasks/administer-cluster/kubelet-credential-provider)', () => {
  let folder: string;
  let clock: ManualClock;
  const logged: string[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vk-sdk-plugins-'));
    clock = new ManualClock();
    logged.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A program that counts its runs and answers what `body` prints; `request` is what it was asked. */
  async function install(body: string, name = 'plugin'): Promise<void> {
    const program = `#!${process.execPath}
      const { appendFileSync, readFileSync } = require('node:fs');
      const request = JSON.parse(readFileSync(0, 'utf8'));
      appendFileSync(${JSON.stringify(join(folder, 'runs'))}, JSON.stringify({ request, args: process.argv.slice(2), env: process.env.PLUGIN }) + '\\n');
      ${body}`;
    await writeFile(join(folder, name), program, { mode: 0o755 });
  }
  const answer = (more: object): string =>
    `console.log(JSON.stringify(${JSON.stringify({ kind: 'CredentialProviderResponse', apiVersion, ...more })}));`;
  const runs = async (): Promise<{ request: unknown; args: unknown; env: unknown }[]> => {
    const text = await readFile(join(folder, 'runs'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Awaited<ReturnType<typeof runs>>[number]]));
  };
  function pluginsOf(...providers: unknown[]): CredentialPlugins {
    const note = (fields: object, message: string): void => {
      logged.push(
        `${message} ${JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? value.message : value))}`,
      );
    };
    const logger = { debug: note, info: note, warn: note, error: note };
    return new CredentialPlugins(parseCredentialPluginConfig(config(...providers)), { binDir: folder, clock, logger });
  }
  const usersOf = async (plugins: CredentialPlugins, image: string) =>
    (await plugins.forImage(image)).map(({ username }) => username);

  it('asks the program by its protocol, with its arguments and environment', async () => {
    await install(answer({ cacheKeyType: 'Image', auth: { '*.example.com': { username: 'u', password: 'p' } } }));
    const plugins = pluginsOf(provider({ args: ['get', 'creds'], env: [{ name: 'PLUGIN', value: 'yes' }] }));
    expect(await plugins.forImage('eu.example.com/app:1')).toEqual([{ username: 'u', password: 'p' }]);
    expect(await runs()).toEqual([
      {
        request: { kind: 'CredentialProviderRequest', apiVersion, image: 'eu.example.com/app' },
        args: ['get', 'creds'],
        env: 'yes',
      },
    ]);
  });

  it.each([
    ['nginx:1', 'docker.io/library/nginx'],
    [`index.docker.io/team/app@sha256:${'0'.repeat(64)}`, 'docker.io/team/app'],
    ['localhost:5000/app:1', 'localhost:5000/app'],
  ])('is asked about %s as a kubelet does, by its whole name without tag and digest: %s', async (image, asked) => {
    await install(answer({ cacheKeyType: 'Image', auth: { [asked]: { username: 'u', password: 'p' } } }));
    const plugins = pluginsOf(provider({ matchImages: ['docker.io', 'localhost:5000'] }));
    expect(await usersOf(plugins, image)).toEqual(['u']);
    expect((await runs()).map(({ request }) => request)).toMatchObject([{ image: asked }]);
  });

  it('is not asked about images of others', async () => {
    await install(answer({ cacheKeyType: 'Image', auth: {} }));
    expect(await usersOf(pluginsOf(provider()), 'quay.io/app')).toEqual([]);
    expect(await runs()).toEqual([]);
  });

  it.each([
    ['Image', ['eu.example.com/app', 'eu.example.com/other', 'us.example.com/app', 'us.example.com/app:2'], 3],
    ['Registry', ['eu.example.com/app', 'eu.example.com/other', 'us.example.com/app'], 2],
    ['Global', ['eu.example.com/app', 'eu.example.com/other', 'us.example.com/app'], 1],
  ])('answers for as much as it says: %s', async (cacheKeyType, images, expected) => {
    await install(answer({ cacheKeyType, auth: { '*.example.com': { username: 'u', password: 'p' } } }));
    const plugins = pluginsOf(provider());
    for (const image of [...images, ...images]) expect(await usersOf(plugins, image)).toEqual(['u']);
    expect(await runs()).toHaveLength(expected);
  });

  it.each([
    [{ cacheDuration: '10m0s' }, 600_000],
    [{}, 3_600_000],
  ])('answers for as long as it says, or as it is configured (%j)', async (more, lifeMs) => {
    await install(
      answer({ cacheKeyType: 'Global', auth: { 'a.example.com': { username: 'u', password: 'p' } }, ...more }),
    );
    const plugins = pluginsOf(provider());
    await usersOf(plugins, 'a.example.com/app');
    await clock.advance(lifeMs - 1);
    await usersOf(plugins, 'a.example.com/app');
    expect(await runs()).toHaveLength(1);
    await clock.advance(1);
    await usersOf(plugins, 'a.example.com/app');
    expect(await runs()).toHaveLength(2);
  });

  it('is asked again when the clock was set back: its answer may be old', async () => {
    await install(answer({ cacheKeyType: 'Image', auth: { 'a.example.com': { username: 'u', password: 'p' } } }));
    let shiftMs = 0;
    const shifted = {
      now: () => clock.now() + shiftMs,
      setTimer: clock.setTimer.bind(clock),
      sleep: clock.sleep.bind(clock),
    };
    const parsed = parseCredentialPluginConfig(config(provider()));
    const plugins = new CredentialPlugins(parsed, { binDir: folder, clock: shifted });
    for (shiftMs of [0, -86_400_000, -86_400_000]) await usersOf(plugins, 'a.example.com/app');
    expect(await runs()).toHaveLength(2);
  });

  it('runs once for callers at the same time, even where nothing may be kept', async () => {
    await install(
      answer({
        cacheKeyType: 'Image',
        cacheDuration: '0s',
        auth: { 'a.example.com': { username: 'u', password: 'p' } },
      }),
    );
    const plugins = pluginsOf(provider());
    const users = await Promise.all(Array.from({ length: 5 }, () => usersOf(plugins, 'a.example.com/app')));
    expect(users.flat()).toEqual(['u', 'u', 'u', 'u', 'u']);
    expect(await runs()).toHaveLength(1);
    await usersOf(plugins, 'a.example.com/app');
    expect(await runs()).toHaveLength(2);
  });

  it.each([
    ['console.log("canary"); process.exit(3)', 'ended with exit code 3'],
    ['console.log("canary {")', 'it is not a JSON object'],
    ['console.log(JSON.stringify({ kind: "canary" }))', 'kind is not CredentialProviderResponse'],
    [answer({ apiVersion: 'canary' }), `apiVersion is not ${apiVersion}`],
    [answer({ cacheKeyType: 'canary' }), 'cacheKeyType is none of'],
    [answer({ cacheKeyType: 'Image', cacheDuration: 'canary' }), 'cacheDuration is not a duration'],
    [
      answer({ cacheKeyType: 'Image', auth: { x: { username: 'canary' } } }),
      'an entry of auth has no username and password',
    ],
    ['process.stdout.write("canary".repeat(1_000_000))', 'printed more than 1048576 bytes'],
  ])('counts for nothing where it fails, and says why without what it printed (%#)', async (body, expected) => {
    await install(body);
    expect(await usersOf(pluginsOf(provider()), 'a.example.com/app')).toEqual([]);
    expect(logged.join('\n')).toContain(expected);
    expect(logged.join('\n')).not.toContain('canary');
  });

  it('is killed when it takes too long', async () => {
    await install('setInterval(() => undefined, 1000)');
    const pending = usersOf(pluginsOf(provider()), 'a.example.com/app');
    while ((await runs()).length === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(60_000);
    expect(await pending).toEqual([]);
    expect(logged.join('\n')).toContain('did not answer within 60000 ms');
  });

  it.each([
    ['takes too long', '', 'did not answer within 60000 ms'],
    ['prints too much', 'process.stdout.write("canary".repeat(1_000_000));', 'printed more than 1048576 bytes'],
  ])('leaves nothing open when it %s and what it started lives on', async (_, body, expected) => {
    const child = `require('node:child_process').spawn('sleep', ['60'], { stdio: ['ignore', 'inherit', 'ignore'], detached: true })`;
    await install(`const { pid } = ${child};
      require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(pid));
      setInterval(() => undefined, 1000); ${body}`);
    const pidOf = () => readFile(join(folder, 'pid'), 'utf8').catch(() => '');
    const pipes = () => process.getActiveResourcesInfo().filter((resource) => resource === 'PipeWrap').length;
    const before = pipes();
    const pending = usersOf(pluginsOf(provider()), 'a.example.com/app');
    while ((await pidOf()) === '') await new Promise((resolve) => setImmediate(resolve));
    const pid = Number(await pidOf());
    onTestFinished(() => void process.kill(pid));
    if (body === '') await clock.advance(60_000);
    expect(await pending).toEqual([]);
    expect(logged.join('\n')).toContain(expected);
    await vi.waitFor(() => expect(pipes()).toBe(before), 15_000);
  });

  it('says that a program is not there', async () => {
    expect(await usersOf(pluginsOf(provider({ name: 'absent' })), 'a.example.com/app')).toEqual([]);
    expect(logged.join('\n')).toContain('credential plugin absent: could not be started');
  });
});

describe('parseCredentialPluginConfig', () => {
  it.each([
    [{ kind: 'Other' }, 'kind is not CredentialProviderConfig'],
    [{ kind: 'CredentialProviderConfig' }, 'providers is not a list'],
    [config(provider({ name: '../../bin/sh' })), 'providers[0].name is not the name of a program'],
    [config(provider({ name: '..' })), 'providers[0].name is not the name of a program'],
    [config(provider({ apiVersion: 'v1' })), 'providers[0].apiVersion is none of'],
    [config(provider({ matchImages: [] })), 'providers[0].matchImages is not a list of image patterns'],
    [config(provider({ matchImages: ['/path'] })), 'providers[0].matchImages[0] names no host'],
    [config(provider({ defaultCacheDuration: 'soon' })), 'providers[0].defaultCacheDuration is not a duration'],
    [config(provider({ args: [1] })), 'providers[0].args is not a list of strings'],
    [config(provider({ env: [{ name: 'A' }] })), 'providers[0].env[0] has no name and value'],
    [config(provider({ tokenAttributes: {} })), 'providers[0].tokenAttributes.serviceAccountTokenAudience is missing'],
    [config(provider(), provider()), 'providers holds "plugin" twice'],
    [null, 'kind is not'],
  ])('refuses %j', (given, expected) => {
    expect(() => parseCredentialPluginConfig(given)).toThrow(`credential plugins: ${expected}`);
  });
});

describe('parseGoDuration', () => {
  it.each([
    ['0', 0],
    ['12h', 43_200_000],
    ['1h30m', 5_400_000],
    ['5m0s', 300_000],
    ['1.5s', 1_500],
    ['250ms', 250],
    ['', undefined],
    ['5', undefined],
    ['-1s', undefined],
    ['1 h', undefined],
  ])('%s', (text, expected) => {
    expect(parseGoDuration(text)).toBe(expected);
  });
});
