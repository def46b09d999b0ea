// The carrier simulator and its control socket.
import net from 'node:net';
import path from 'node:path';
import { Child } from './process.mjs';
import { atEnd } from './cleanup.mjs';
import { programs } from './place.mjs';

// One line of key=value pairs; values in double quotes are JSON strings.
export function parseLine(line) {
  const pairs = {};
  for (const [, key, quoted, bare] of line.matchAll(/([\w.-]+)=(?:("(?:[^"\\]|\\.)*")|(\S*))/g)) {
    pairs[key] = quoted === undefined ? bare : JSON.parse(quoted);
    if (quoted === undefined && /^\d+$/.test(bare) && Number.isSafeInteger(Number(bare)) &&
        key !== 'hex' && key !== 'pdu')
      pairs[key] = Number(bare);
  }
  return pairs;
}

const escape = (word) => String(word).replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

// `set` is { setting: value }; `verbose` logs each PDU, which long runs had better not.
export class Sim {
  constructor(dir, { port = 0, args = [], set = {}, verbose = true } = {}) {
    this.wanted = port;
    this.control = path.join(dir, 'sim.sock');
    this.args = verbose ? ['--verbose', ...args] : [...args];
    for (const [name, value] of Object.entries(set)) this.args.push('--set', `${name}=${value}`);
  }

  async start() {
    this.child = new Child('smsc-sim', programs.sim, [
      '--listen', `127.0.0.1:${this.port ?? this.wanted}`,
      '--control', this.control, ...this.args,
    ]);
    this.port = Number((await this.child.said(/listening on .*:(\d+)/))[1]);
    this.address = `tcp://127.0.0.1:${this.port}`;
    return this;
  }

  // Runs one command; resolves with its lines, rejects with what went wrong.
  command(...words) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(this.control);
      let text = '';
      socket.setEncoding('utf8');
      socket.on('error', reject);
      socket.on('data', (more) => {
        text += more;
        const end = text.match(/(?:^|\n)(ok|error: (.*))\n$/);
        if (!end) return;
        socket.destroy();
        if (end[1] === 'ok') resolve(text.split('\n').slice(0, -2));
        else reject(new Error(`${words.join(' ')}: ${end[2]}\n${text}`));
      });
      socket.on('close', () => reject(new Error(`${words.join(' ')}: the simulator has gone`)));
      socket.write(`${words.map(escape).join(' ')}\n`);
    });
  }

  set(name, value) {
    return this.command('set', name, value);
  }

  // A handset's message. Resolves with the status of the answer, one for each part: 'ESME_ROK',
  // 'timeout', 'closed'. `options`: { to: session or system_id, coding, esm, dataSm, payload }.
  async mo(from, to, text, options = {}) {
    const words = [];
    if (options.to !== undefined) words.push(`@${options.to}`);
    words.push('mo');
    if (options.coding !== undefined) words.push('--coding', options.coding);
    if (options.esm !== undefined) words.push('--esm', options.esm);
    if (options.dataSm) words.push('--data-sm');
    if (options.payload) words.push('--payload');
    const lines = await this.command(...words, from, to, text);
    return lines.map((line) => line.split(' ')[1]).join(' ');
  }

  // The same with octets: hex is a string or a Buffer.
  async moHex(from, to, coding, esm, hex, { to: which, dataSm } = {}) {
    const words = which === undefined ? ['mo-hex'] : [`@${which}`, 'mo-hex'];
    if (dataSm) words.push('--data-sm');
    const lines = await this.command(...words, from, to, coding, esm, hex.toString('hex'));
    return lines.map((line) => line.split(' ')[1]).join(' ');
  }

  async raw(pdu, { wait = false, to } = {}) {
    const words = to === undefined ? ['raw'] : [`@${to}`, 'raw'];
    if (wait) words.push('--wait');
    return (await this.command(...words, pdu.toString('hex')))[0];
  }

  receipt(id, stat, err) {
    return this.command('receipt', id, stat ?? '', err ?? '');
  }

  // The last requests received, oldest first: { command, from, to, text, hex, pdu, ... }.
  async received(last = 100) {
    return (await this.command('received', last)).map(parseLine);
  }

  async sessions() {
    return (await this.command('sessions')).map(parseLine);
  }

  // { received, 'in.submit_sm', 'out.submit_sm_resp', 'out.submit_sm_resp.error', ... }
  async count() {
    return parseLine((await this.command('count'))[0]);
  }

  // Until `count` requests have been received in all.
  wait(count, timeout = '20s') {
    return this.command('wait', count, timeout);
  }

  stop() {
    return this.child.stop();
  }

  kill() {
    return this.child.kill();
  }
}

export async function startSim(t, dir, options) {
  const sim = await new Sim(dir, options).start();
  atEnd(t, () => (sim.child.exit === null ? sim.stop() : undefined));
  return sim;
}
