import { onTestFinished } from 'vitest';
import { Scene, type SceneOptions } from './scene.js';

/** A scene that ends with the test which opened it. */
export async function openScene(options?: SceneOptions): Promise<Scene> {
  const scene = await Scene.start(options);
  onTestFinished(() => scene[Symbol.asyncDispose]());
  return scene;
}
