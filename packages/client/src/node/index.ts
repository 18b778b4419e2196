export { fileFromDisk } from './file.js';
export { save } from './save.js';
