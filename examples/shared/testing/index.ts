export { Program } from './program.js';
export { eventually } from './eventually.js';
