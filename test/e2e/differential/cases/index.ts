/** Dialogues about which the fake and a real apiserver must agree. */
import { create } from './create.js';
import { read } from './read.js';
import { update } from './update.js';
import { status } from './status.js';
import { removal } from './removal.js';
import { serverSideApply } from './server-side-apply.js';
import { others } from './others.js';
import type { Case } from './shared.js';

export const cases: readonly (readonly [string, Case])[] = [
  ...Object.entries(create),
  ...Object.entries(read),
  ...Object.entries(update),
  ...Object.entries(status),
  ...Object.entries(removal),
  ...Object.entries(serverSideApply),
  ...Object.entries(others),
];
