// Starts an embedded PostgreSQL in the folder of the first argument, says so in one line of JSON, and waits to be killed.
import { readFile } from 'node:fs/promises';
import { startEmbedded } from '@ravine/database/embedded';

const dir = process.argv[2];
const { url, reused } = await startEmbedded({ dir });
const server = Number((await readFile(`${dir}/cluster/data/postmaster.pid`, 'utf8')).split('\n')[0]);
console.log(JSON.stringify({ url, reused, server }));
setInterval(() => {}, 60_000);
