// Patches the file functions that durable steps go through.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { diskError, pass } from './faults.mjs';
import { files, written } from './points.mjs';

const { promises } = fs;

/** Throws the error of the disk that a fault asks for. */
function passDisk(label, stage) {
  const fault = pass(label, stage);
  if (fault !== null) throw diskError(fault);
}

export async function patchFiles(kind) {
  const mine = files.filter(({ processes }) => processes.includes(kind));
  await patchHandles(mine);
  patchRename(mine);
  if (kind === 'worker') patchRemove();
  patchWrite(written.filter(({ processes }) => processes.includes(kind)));
  syncBuiltinESMExports();
}

/** A flush knows only its handle: what was opened is noted by handle. */
async function patchHandles(mine) {
  const labels = new WeakMap();
  const { open } = promises;
  const probe = await open('/dev/null');
  const prototype = Object.getPrototypeOf(probe);
  await probe.close();
  promises.open = async function opened(path, ...rest) {
    const name = String(path);
    const temporary = mine.find((entry) => entry.temporary.test(name));
    if (temporary) passDisk(temporary.label, 'opened');
    const handle = await open.call(this, path, ...rest);
    if (temporary) labels.set(handle, { label: temporary.label, stage: 'flushed' });
    const folder = rest[0] === 'r' && mine.find((entry) => entry.folder.test(name) && isFolder(name));
    if (folder) labels.set(handle, { label: folder.label, stage: 'settled' });
    return handle;
  };
  for (const method of ['sync', 'datasync']) {
    const original = prototype[method];
    prototype[method] = async function flushed(...args) {
      const result = await original.apply(this, args);
      const known = labels.get(this);
      if (known) passDisk(known.label, known.stage);
      return result;
    };
  }
}

const isFolder = (name) => fs.statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;

function patchRename(mine) {
  const { rename } = promises;
  promises.rename = async function renamed(from, to) {
    const result = await rename.call(this, from, to);
    const entry = mine.find(({ temporary, path }) => temporary.test(String(from)) && path.test(String(to)));
    if (entry) passDisk(entry.label, 'renamed');
    return result;
  };
}

function patchRemove() {
  const { rm } = promises;
  promises.rm = async function removed(path, ...rest) {
    const result = await rm.call(this, path, ...rest);
    if (/\/storage\/blobs\//.test(String(path))) passDisk('blob', 'deleted');
    return result;
  };
}

function patchWrite(mine) {
  const { writeFile } = promises;
  promises.writeFile = async function wrote(path, ...rest) {
    const entry = mine.find((candidate) => candidate.path.test(String(path)));
    if (entry) passDisk(entry.label, 'before');
    const result = await writeFile.call(this, path, ...rest);
    if (entry) passDisk(entry.label, 'after');
    return result;
  };
}
