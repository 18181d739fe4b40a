export { ApiFailure } from './api.js';
export { Core, type CoreOptions } from './core.js';
export { definitions } from './definitions.js';
