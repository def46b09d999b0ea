// Kannel as a peer: bearerbox and smsbox as a sender's application, drive_smpp as an SMSC.
import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { atEnd } from './cleanup.mjs';
import { freePort, sleep, until } from './place.mjs';
import { Child } from './process.mjs';

const DRIVE_SMPP = '/usr/lib/kannel/test/drive_smpp';
const DRIVE_SMSBOX_PORT = 13001; // drive_smpp knows no other: one at a time on a machine

// What Kannel tells by HTTP: { kind: 'mo' | 'dlr', from, to, text, status, ... }.
class Notices {
  constructor() {
    this.all = [];
    this.server = http.createServer((request, response) => {
      const url = new URL(request.url, 'http://localhost');
      this.all.push({ kind: url.pathname.slice(1), ...Object.fromEntries(url.searchParams) });
      response.end();
    });
  }

  async start() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

export class Kannel {
  constructor(dir, port, { systemId = 'kannel', password = 'pw', split = false } = {}) {
    Object.assign(this, { dir, port, systemId, password, split });
    this.notices = new Notices();
  }

  // One of its binds; `how` is what makes it a transceiver, transmitter or receiver.
  #smsc(how) {
    return `
group = smsc
smsc = smpp
smsc-id = gate
host = 127.0.0.1
${how}
system-type = ""
address-range = ""
smsc-username = "${this.systemId}"
smsc-password = "${this.password}"
interface-version = 34
enquire-link-interval = 10
reconnect-delay = 1
`;
  }

  #conf() {
    const binds = this.split
      ? [`port = ${this.port}`, `receive-port = ${this.port}`]
      : [`port = ${this.port}\ntransceiver-mode = true`];
    const mo = `${this.notices.url}/mo?from=%p&to=%P&text=%b&charset=%C`;
    return `
group = core
admin-port = ${this.adminPort}
smsbox-port = ${this.smsboxPort}
admin-password = admin
admin-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
store-type = file
store-location = "${path.join(this.dir, 'kannel.store')}"
dlr-storage = internal
${binds.map((how) => this.#smsc(how)).join('')}
group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${this.sendPort}
sendsms-interface = 127.0.0.1

group = sendsms-user
username = tester
password = tester
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = yes
max-messages = 0
get-url = "${mo}"
`;
  }

  async start() {
    await this.notices.start();
    this.adminPort = await freePort();
    this.smsboxPort = await freePort();
    this.sendPort = await freePort();
    const file = path.join(this.dir, 'kannel.conf');
    await writeFile(file, this.#conf());
    this.bearerbox = new Child('bearerbox', 'bearerbox', ['-v', '1', file], { cwd: this.dir });
    await until(async () => (await this.status()) !== '', 'bearerbox');
    this.smsbox = new Child('smsbox', 'smsbox', ['-v', '1', file], { cwd: this.dir });
    await until(async () => /smsbox.*on-line/.test(await this.status()), 'smsbox');
    await until(() => fetch(this.#sendUrl({})), 'smsbox');
    return this;
  }

  async status() {
    return (await fetch(`http://127.0.0.1:${this.adminPort}/status.txt?password=admin`)).text();
  }

  // Until its bind is accepted.
  async online() {
    const online = async () => (await this.status()).match(/gate.*\(online/g)?.length;
    await until(async () => (await online()) === (this.split ? 2 : 1), 'Kannel bound');
  }

  #sendUrl(fields) {
    const query = new URLSearchParams({ username: 'tester', password: 'tester', ...fields });
    return `http://127.0.0.1:${this.sendPort}/cgi-bin/sendsms?${query}`;
  }

  // Resolves when Kannel has taken the message; what became of it comes as notices.
  async send(from, to, text, fields = {}) {
    const tag = String(Math.random()).slice(2);
    const response = await fetch(this.#sendUrl({
      from, to, text, charset: 'UTF-8', coding: 0, 'dlr-mask': 31,
      'dlr-url': `${this.notices.url}/dlr?tag=${tag}&status=%d&reply=%A`, ...fields }));
    if (response.status !== 202)
      throw new Error(`sendsms: ${response.status} ${await response.text()}`);
    return { tag };
  }

  // The next notice that fits and has not been taken. status of 'dlr': '8' accepted by the SMSC,
  // '16' refused by it, '1' delivered, '2' failed.
  next(kind, fits = () => true) {
    return until(() => {
      const at = this.notices.all.findIndex((notice) => notice.kind === kind && fits(notice));
      return at < 0 ? null : this.notices.all.splice(at, 1)[0];
    }, `Kannel's ${kind}`, 30000);
  }

  async stop() {
    for (const box of [this.smsbox, this.bearerbox]) {
      if (box === undefined || box.exit !== null) continue;
      box.signal('SIGTERM');
      // bearerbox waits for its queues; a second request makes it leave.
      const gone = await Promise.race([box.ended.then(() => true), sleep(3000)]);
      if (!gone) await box.kill();
    }
    await this.notices.stop();
  }
}

// `split`: a transmitter and a receiver instead of a transceiver. `online`: false does not wait for
// its binds, where what it binds to is to come.
export async function startKannel(t, dir, port, { online = true, ...options } = {}) {
  const kannel = new Kannel(dir, port, options);
  atEnd(t, () => kannel.stop());
  await kannel.start();
  if (online) await kannel.online();
  return kannel;
}

// Kannel's own SMSC for tests. It takes one bind_transmitter and one bind_receiver, delivers
// `messages` to the latter, and says when it has had as many from the former. Besides it plays a
// smsbox, and ends itself where no bearerbox listens for it: something that listens is enough.
export class DriveSmpp {
  constructor(dir, port, messages) {
    Object.assign(this, { dir, port, messages, address: `tcp://127.0.0.1:${port}` });
  }

  async start() {
    this.bearerbox = net.createServer((socket) => socket.on('error', () => {}));
    await new Promise((resolve) => {
      this.bearerbox.once('error', resolve); // somebody else listens there already
      this.bearerbox.listen(DRIVE_SMSBOX_PORT, '127.0.0.1', resolve);
    });
    const file = path.join(this.dir, 'drive_smpp.conf');
    await writeFile(file, 'group = core\nadmin-port = 1\nadmin-password = x\n');
    this.child = new Child('drive_smpp', DRIVE_SMPP, ['-v', '0', '-p', String(this.port),
      '-m', String(this.messages), '-c', file], { cwd: this.dir });
    await until(() => this.#listens(), 'drive_smpp');
    return this;
  }

  // Told by the kernel: it would take a connection that only looks for one of its two.
  async #listens() {
    const hex = this.port.toString(16).toUpperCase().padStart(4, '0');
    const sockets = await readFile('/proc/net/tcp', 'utf8');
    return new RegExp(`:${hex} 00000000:0000 0A`).test(sockets);
  }

  delivered() {
    return this.child.said(/All messages sent to ESME/);
  }

  submitted() {
    return this.child.said(/ESME has submitted all messages to SMSC/);
  }

  async stop() {
    if (this.child === undefined) return;
    await this.child.kill();
    await new Promise((resolve) => this.bearerbox.close(resolve));
  }
}

// Not started yet. It delivers at once to who binds, and a Kannel without its smsbox may keep a
// message for a minute: with Kannel, start() it last.
export async function prepareDriveSmpp(t, dir, { messages = 10 } = {}) {
  const drive = new DriveSmpp(dir, await freePort(), messages);
  atEnd(t, () => drive.stop());
  return drive;
}
