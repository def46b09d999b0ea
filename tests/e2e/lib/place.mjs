// Where things are: the build under test, temporary directories, free ports.
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd } from './cleanup.mjs';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const build = path.resolve(process.env.STOPGATE_BUILD ?? path.join(root, 'build'));

export const programs = {
  stopgate: path.join(build, 'proxy/stopgate'),
  stopgatectl: path.join(build, 'proxy/stopgatectl'),
  sim: path.join(build, 'tests/sim/smsc-sim'),
  send: path.join(build, 'tests/sim/smpp-send'),
};

// A directory that is removed after the test; kept where STOPGATE_KEEP is set.
export async function temporary(t) {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'stopgate-'));
  atEnd(t, async () => {
    if (process.env.STOPGATE_KEEP) t.diagnostic(`kept ${dir}`);
    else await rm(dir, { recursive: true, force: true });
  });
  return dir;
}

const given = new Set();

// Below the range from which the kernel takes ports for outgoing connections, and anywhere in
// ours: test files run side by side and cannot agree.
const candidate = () => 20000 + Math.floor(Math.random() * 12000);

const isFree = (port) =>
  new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

// A loopback port that nobody listens on and that was not given out before.
export async function freePort() {
  for (;;) {
    const port = candidate();
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Calls `probe` until it returns something true, and returns that. Errors count as not yet.
export async function until(probe, what = 'the condition', timeout = 20000) {
  const end = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end)
      throw new Error(`${what} did not come true in ${timeout} ms`, { cause: last });
    await sleep(20);
  }
}
