// One hash over everything that the built addon depends on: the same hash means that nothing has to be built.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { napiHeaders } from './requirements.mjs';

/** All files under a folder, sorted. */
function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

export function inputsDigest(root) {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([process.version, process.env.LIBTORCH ?? '', root]));
  hash.update(readFileSync(path.join(napiHeaders(), 'package.json')));
  for (const file of [
    path.join(root, 'CMakeLists.txt'),
    ...filesUnder(path.join(root, 'native')),
    ...filesUnder(path.join(root, 'scripts')),
  ]) {
    hash.update(path.relative(root, file)).update(readFileSync(file));
  }
  return hash.digest('hex');
}
