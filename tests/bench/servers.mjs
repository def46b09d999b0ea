// What is measured and what it needs: Redis, HAProxy, stopgate. All private, on loopback or a unix
// socket, each ended by its pid.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Child, run } from '../e2e/lib/process.mjs';
import { freePort, programs, until } from '../e2e/lib/place.mjs';
import { LOAD_CORE, PROXY_CORE, directory, on } from './machine.mjs';
import { printList } from './load.mjs';

const running = [];
let made = 0;

// Ends all that this run started, the last first.
export async function stopAll() {
  while (running.length > 0) await running.at(-1).stop();
}

class Server {
  // `trace`: a file for what strace counts. strace killed would leave its child behind, so the child
  // asks to go with it.
  async launch(name, core, command, args, trace) {
    const wrap = trace
      ? ['strace', '-c', '-f', '-o', trace, 'setpriv', '--pdeathsig', 'KILL', command]
      : [command];
    this.name = `${name}${++made}`;
    const [program, all] = on(core, ...wrap, ...args);
    this.child = new Child(this.name, program, all);
    this.pid = this.child.pid;
    running.push(this);
    if (trace) this.pid = await until(() => this.traced(command), `${command} under strace`);
  }

  async stop() {
    const at = running.indexOf(this);
    if (at < 0) return;
    running.splice(at, 1);
    if (this.child.exit === null) process.kill(this.pid, 'SIGTERM'); // strace ends with its child
    const timer = setTimeout(() => this.child.kill(), 15000);
    await this.child.ended;
    clearTimeout(timer);
  }

  // The process that strace runs, once it is what it is to be.
  traced(command) {
    const task = `/proc/${this.child.pid}/task/${this.child.pid}/children`;
    return readFileSync(task, 'utf8').trim().split(' ').filter((pid) => pid !== '').map(Number)
      .find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === path.basename(command));
  }
}

// Without persistence: the check is what is measured, not the disk.
export class Redis extends Server {
  async start() {
    const dir = path.join(directory, `redis${made}`);
    await mkdir(dir);
    this.socket = path.join(dir, 's');
    await this.launch('redis', LOAD_CORE, 'redis-server', [
      '--port', '0', '--unixsocket', this.socket, '--dir', dir, '--save', '', '--appendonly', 'no',
      '--maxmemory-policy', 'noeviction', '--set-max-intset-entries', '10000', '--daemonize', 'no',
    ]);
    await until(async () => (await this.cli('ping')) === 'PONG', 'Redis');
    return this;
  }

  async cli(...args) {
    return (await run('redis-cli', ['-s', this.socket, ...args.map(String)])).stdout.trim();
  }

  async usedMemory() {
    return Number((await this.cli('info', 'memory')).match(/^used_memory:(\d+)/m)[1]);
  }

  // What its commands took since the last call: { sismember: { calls, us, each_us }, ... }.
  async commandTimes() {
    const text = await this.cli('info', 'commandstats');
    await this.cli('config', 'resetstat');
    return Object.fromEntries(
      [...text.matchAll(/^cmdstat_(\S+?):calls=(\d+),usec=(\d+),usec_per_call=([\d.]+)/gm)]
        .map(([, name, calls, us, each]) => [name,
          { calls: Number(calls), us: Number(us), each_us: Number(each) }]));
  }

  // Puts the first `count` suppressed numbers of the formula on the list; bytes a number.
  async load(count, list = 'optout') {
    const before = await this.usedMemory();
    const from = printList(count, list);
    const to = spawn('redis-cli', ['-s', this.socket, '--pipe'], { stdio: [from.stdout, 'pipe', 'inherit'] });
    let said = '';
    to.stdout.on('data', (text) => (said += text));
    await new Promise((resolve) => to.once('close', resolve));
    if (!/errors: 0,/.test(said)) throw new Error(`redis-cli --pipe: ${said}`);
    return (await this.usedMemory() - before) / count;
  }
}

export class Haproxy extends Server {
  async start({ sessions = 100, trace } = {}) {
    this.port = await freePort();
    this.smsc = await freePort();
    const file = path.join(directory, `haproxy${made}.cfg`);
    await writeFile(file, `global
    nbthread 1
    maxconn ${sessions + 10}
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen bench
    bind 127.0.0.1:${this.port}
    server smsc 127.0.0.1:${this.smsc}
`);
    await this.launch('haproxy', PROXY_CORE, 'haproxy', ['-db', '-q', '-f', file], trace);
    await until(() => listens(this), 'HAProxy');
    return this;
  }
}

export class Stopgate extends Server {
  constructor(redis) {
    super();
    this.redis = redis;
  }

  async start({ lists = ['optout'], trace } = {}) {
    this.port = await freePort();
    this.smsc = await freePort();
    this.dir = path.join(directory, `stopgate${made}`);
    await mkdir(path.join(this.dir, 'journal'), { recursive: true });
    const file = path.join(this.dir, 'stopgate.yaml');
    await writeFile(file, JSON.stringify({
      store: { redis: `unix:${this.redis.socket}`, journal: path.join(this.dir, 'journal') },
      carriers: [{ name: 'smsc', addresses: [`tcp://127.0.0.1:${this.smsc}`] }],
      listeners: [{ name: 'senders', address: `tcp://127.0.0.1:${this.port}`, carrier: 'smsc' }],
      region: 'US',
      outbound: [{ filter: 'suppression', lists }],
      inbound: [{ filter: 'receipt' }, { filter: 'optout', scope: 'all', forward: true }],
      log: { level: 'warn' },
    }, null, 2));
    await this.launch('stopgate', PROXY_CORE, programs.stopgate, ['-c', file], trace);
    await until(() => listens(this), 'stopgate');
    await until(async () => (await this.redis.cli('exists', 'sg:dataset')) === '1', 'the data set');
    return this;
  }
}

// Whether the server has its socket open; asked of /proc so that no connection disturbs it.
function listens({ port, child }) {
  if (child.exit !== null) throw new Error(child.describe());
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync('/proc/net/tcp', 'utf8').includes(`0100007F:${hex} 00000000:0000 0A`);
}
