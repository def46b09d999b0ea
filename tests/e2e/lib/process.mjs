// Child processes of the tests: each is started with its output kept, watched, and ended by its
// own pid. A process that ends unasked, with a wrong status or with a sanitizer's report fails the
// test that stops it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const running = new Set();

// Whatever a crashed test left behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const SANITIZER = /ERROR: (Address|Leak)Sanitizer|runtime error: /;

export class Child {
  constructor(name, command, args, options = {}) {
    this.name = name;
    this.output = '';
    this.waiters = new Set();
    this.exit = null;
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    running.add(this.child);
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => this.#end({ error }, resolve));
      this.child.once('close', (code, signal) => this.#end({ code, signal }, resolve));
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text) => {
        this.output += text;
        this.#wake();
      });
    }
  }

  get pid() {
    return this.child.pid;
  }

  #end(exit, resolve) {
    if (this.exit !== null) return;
    this.exit = exit;
    running.delete(this.child);
    this.#wake();
    resolve(exit);
  }

  #wake() {
    for (const waiter of [...this.waiters]) waiter();
  }

  describe() {
    const how = this.exit === null ? 'running' : JSON.stringify(this.exit);
    return `${this.name} (${how}) said:\n${this.output.slice(-6000)}`;
  }

  // Resolves with the match once the output fits `pattern`; rejects where the process ends first.
  // `from` skips so many characters of what was said before.
  async said(pattern, { timeout = 20000, from = 0 } = {}) {
    let timer;
    try {
      return await new Promise((resolve, reject) => {
        const check = () => {
          const match = this.output.slice(from).match(pattern);
          if (match) resolve(match);
          else if (this.exit !== null)
            reject(new Error(`ended before ${pattern}: ${this.describe()}`));
        };
        this.check = check;
        this.waiters.add(check);
        timer = setTimeout(
          () => reject(new Error(`no ${pattern} in ${timeout} ms: ${this.describe()}`)), timeout);
        check();
      });
    } finally {
      clearTimeout(timer);
      this.waiters.delete(this.check);
    }
  }

  signal(name) {
    this.child.kill(name);
  }

  // Asks it to end and checks that it ends well.
  async stop({ signal = 'SIGTERM', timeout = 20000, code = 0 } = {}) {
    if (this.exit === null) this.child.kill(signal);
    const timer = setTimeout(() => {
      this.output += `\n[did not end within ${timeout} ms of ${signal}]`;
      this.child.kill('SIGKILL');
    }, timeout);
    const exit = await this.ended;
    clearTimeout(timer);
    if (SANITIZER.test(this.output) || exit.code !== code)
      throw new Error(`ended badly: ${this.describe()}`);
  }

  // As a crash would.
  async kill() {
    if (this.exit === null) this.child.kill('SIGKILL');
    await this.ended;
  }
}

// Runs a command to its end: { code, stdout, stderr }.
export async function run(command, args, { input = '', env, cwd, timeout = 60000 } = {}) {
  const child = spawn(command, args, { stdio: 'pipe', env: env ?? process.env, cwd, timeout });
  const result = { code: null, stdout: '', stderr: '' };
  running.add(child);
  child.stdout.setEncoding('utf8').on('data', (text) => (result.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (result.stderr += text));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  [result.code] = await once(child, 'close');
  running.delete(child);
  if (SANITIZER.test(result.stderr))
    throw new Error(`${command} ${args.join(' ')} ended badly:\n${result.stderr}`);
  return result;
}
