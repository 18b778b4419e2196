export { shapesFields, shapesFile } from '../shapes-upload.js';
export { fileFromDisk } from './file.js';
export { folderAsTar } from './folder.js';
export { save } from './save.js';
