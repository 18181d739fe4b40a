/** Holds a backend's call at one point until the test lets it go on. */
import type { Point } from './file-backend.js';

export class Gate {
  /** Resolves with the pod's uid when a call first gets to the point. */
  readonly reached: Promise<string>;
  readonly at: (point: Point, uid: string) => Promise<void>;
  readonly open: () => void;

  constructor(where: Point) {
    let reach: (uid: string) => void = () => undefined;
    let open: () => void = () => undefined;
    this.reached = new Promise((resolve) => (reach = resolve));
    const opened = new Promise<void>((resolve) => (open = resolve));
    this.open = open;
    this.at = async (point, uid) => {
      if (point !== where) return;
      reach(uid);
      await opened;
    };
  }
}
