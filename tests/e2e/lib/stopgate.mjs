// stopgate itself and its command line, on a configuration made from pieces.
import { writeFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Child, run } from './process.mjs';
import { atEnd } from './cleanup.mjs';
import { freePort, programs } from './place.mjs';

// A complete configuration as an object. YAML reads JSON, so the file is written as such.
export function basicConf({ dir, redis, carriers, port, consolePort }) {
  return {
    store: {
      redis,
      journal: path.join(dir, 'journal'),
      log: path.join(dir, 'log.db'),
    },
    carriers: [{ name: 'main', addresses: carriers }],
    listeners: [{ name: 'senders', address: `tcp://127.0.0.1:${port}`, carrier: 'main' }],
    region: 'US',
    outbound: [{ filter: 'suppression', lists: ['optout', 'bounced'] }],
    inbound: [{ filter: 'receipt' }, { filter: 'optout', scope: 'all', forward: true }],
    console: { address: `http://127.0.0.1:${consolePort}` },
    log: { level: 'debug' },
  };
}

export class Stopgate {
  constructor(dir, conf, { name = 'stopgate', env = {} } = {}) {
    this.dir = dir;
    this.conf = conf;
    this.name = name;
    this.env = env;
    this.file = path.join(dir, `${name}.yaml`);
    const listener = conf.listeners?.[0]?.address;
    this.port = listener ? Number(listener.split(':').pop()) : undefined;
    this.url = conf.console?.address;
  }

  // `conf` may also be YAML text.
  async write(conf = this.conf, file = this.file) {
    const text = typeof conf === 'string' ? conf : `${JSON.stringify(conf, null, 2)}\n`;
    if (conf.store?.journal) await mkdir(conf.store.journal, { recursive: true });
    await writeFile(file, text);
  }

  async start() {
    await this.write();
    this.child = new Child(this.name, programs.stopgate, ['-c', this.file],
      { env: { ...process.env, ...this.env } });
    await this.child.said(/^ready\b|\bready$|msg="?ready/m);
    return this;
  }

  get log() {
    return this.child.output;
  }

  // Writes the configuration anew and has it loaded. Resolves when the log matches `said`.
  async reload(change = () => {}, said = /reload/i) {
    change(this.conf);
    await this.write();
    const from = this.child.output.length;
    this.child.signal('SIGHUP');
    return this.child.said(said, { from });
  }

  // `stopgate -t` on a file of its own: { code, stdout, stderr }.
  async check(conf = this.conf) {
    const file = path.join(this.dir, 'checked.yaml');
    await this.write(conf, file);
    return run(programs.stopgate, ['-t', '-c', file]);
  }

  // stopgatectl as it is: { code, stdout, stderr }.
  ctl(...args) {
    return run(programs.stopgatectl, ['-c', this.file, ...args.map(String)]);
  }

  // stopgatectl --json: the objects it prints. Rejects where it fails.
  async json(...args) {
    const { code, stdout, stderr } = await this.ctl('--json', ...args);
    if (code !== 0) throw new Error(`stopgatectl ${args.join(' ')} (${code}): ${stdout}${stderr}`);
    return stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
  }

  async number(n) {
    return (await this.json('number', n))[0];
  }

  events(...filters) {
    return this.json('events', ...filters);
  }

  async get(where) {
    const response = await fetch(`${this.url}${where}`);
    return { status: response.status, text: await response.text() };
  }

  // /metrics as { 'name{label="x"}': value }.
  async metrics() {
    const { text } = await this.get('/metrics');
    return Object.fromEntries(text.split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').pop())]));
  }

  stop(options) {
    return this.child.stop(options);
  }

  kill() {
    return this.child.kill();
  }
}

// `change` edits the configuration before the start.
export async function startStopgate(t, { dir, redis, carriers, change = () => {}, name, env }) {
  const port = await freePort();
  const conf = basicConf({ dir, redis, carriers, port, consolePort: await freePort() });
  change(conf);
  const stopgate = new Stopgate(dir, conf, { name, env });
  atEnd(t, () => (stopgate.child?.exit === null ? stopgate.stop() : undefined));
  return stopgate.start();
}
