// A private Redis server on a unix socket (and a loopback port where asked for).
import path from 'node:path';
import { Child, run } from './process.mjs';
import { atEnd } from './cleanup.mjs';
import { sleep } from './place.mjs';

export class Redis {
  constructor(dir, { port = 0, args = [] } = {}) {
    this.dir = dir;
    this.port = port;
    this.args = args;
    this.socket = path.join(dir, 'redis.sock');
    this.uri = `unix:${this.socket}`;
  }

  // Also after stop() and kill(): the data are those of before, as far as they were saved.
  async start() {
    this.child = new Child('redis-server', 'redis-server', [
      '--port', String(this.port), '--bind', '127.0.0.1', '--unixsocket', this.socket,
      '--dir', this.dir, '--appendonly', 'yes', '--save', '', '--daemonize', 'no',
      '--set-max-intset-entries', '10000', '--maxmemory-policy', 'noeviction', ...this.args,
    ]);
    await this.child.said(/[Rr]eady to accept connections/);
    while (!/PONG|NOAUTH/.test(await this.try('ping'))) await sleep(10);
    return this;
  }

  async try(...args) {
    return (await run('redis-cli', ['-s', this.socket, ...args.map(String)])).stdout;
  }

  // The raw answer, without the last line end: redis.cli('sismember', key, 1) is '0' or '1'.
  async cli(...args) {
    const { code, stdout, stderr } = await run('redis-cli', ['-s', this.socket, ...args.map(String)]);
    const text = stdout.replace(/\n$/, '');
    if (code !== 0 || /^(ERR|NOAUTH|WRONGPASS|WRONGTYPE|MISCONF) /.test(text))
      throw new Error(`redis-cli ${args.join(' ')}: ${text}${stderr}`);
    return text;
  }

  stop() {
    return this.child.stop();
  }

  kill() {
    return this.child.kill();
  }

  // Accepts connections, answers nothing: what a hung server looks like.
  freeze() {
    this.child.signal('SIGSTOP');
  }

  thaw() {
    this.child.signal('SIGCONT');
  }
}

export async function startRedis(t, dir, options) {
  const redis = await new Redis(dir, options).start();
  atEnd(t, async () => {
    if (redis.child.exit !== null) return;
    redis.thaw();
    await redis.stop();
  });
  return redis;
}
