// Kannel as a peer: bearerbox and smsbox as a sender's application, drive_smpp as an SMSC.
import { writeFile } from 'node:fs/promises';
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
  constructor(dir, port, { systemId = 'kannel', password = 'pw', smsc = '' } = {}) {
    Object.assign(this, { dir, port, systemId, password, smsc });
    this.notices = new Notices();
  }

  async #conf() {
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

group = smsc
smsc = smpp
smsc-id = gate
host = 127.0.0.1
port = ${this.port}
transceiver-mode = true
system-type = ""
address-range = ""
smsc-username = "${this.systemId}"
smsc-password = "${this.password}"
interface-version = 34
enquire-link-interval = 10
reconnect-delay = 1
${this.smsc}

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
    await writeFile(file, await this.#conf());
    this.bearerbox = new Child('bearerbox', 'bearerbox', ['-v', '1', file], { cwd: this.dir });
    await until(async () => (await this.status()) !== '', 'bearerbox');
    this.smsbox = new Child('smsbox', 'smsbox', ['-v', '1', file], { cwd: this.dir });
    await this.online();
    await until(() => fetch(this.#sendUrl({})), 'smsbox');
    return this;
  }

  async status() {
    return (await fetch(`http://127.0.0.1:${this.adminPort}/status.txt?password=admin`)).text();
  }

  // Until its bind is accepted.
  async online() {
    await until(async () => /gate.*\(online/.test(await this.status()), 'Kannel bound');
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

export async function startKannel(t, dir, port, options) {
  const kannel = new Kannel(dir, port, options);
  atEnd(t, () => kannel.stop());
  return kannel.start();
}

// Kannel's own SMSC for tests. It is an application too: it listens for SMPP, and takes from a
// bearerbox that is bound to it (one transmitter, one receiver) what it delivered there and
// answers each message by one of its own. It gives up where no bearerbox listens within 2 s.
export class DriveSmpp {
  constructor(dir, port) {
    Object.assign(this, { dir, port, address: `tcp://127.0.0.1:${port}` });
  }

  // `gate` is the port that bearerbox binds to: ours, or another that leads to ours.
  async start(gate, messages) {
    const core = `
group = core
admin-port = ${await freePort()}
smsbox-port = ${DRIVE_SMSBOX_PORT}
admin-password = admin
admin-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"

group = smsbox
bearerbox-host = 127.0.0.1
`;
    const smsc = (port) => `
group = smsc
smsc = smpp
smsc-id = drive
host = 127.0.0.1
${port} = ${gate}
system-type = "VMA"
address-range = ""
smsc-username = "foo"
smsc-password = "bar"
reconnect-delay = 1
`;
    const file = path.join(this.dir, 'drive_smpp.conf');
    await writeFile(file, core + smsc('port') + smsc('receive-port'));
    this.bearerbox = new Child('bearerbox', 'bearerbox', ['-v', '1', file], { cwd: this.dir });
    await until(() => new Promise((resolve) => {
      const socket = net.connect(DRIVE_SMSBOX_PORT, '127.0.0.1');
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.end(() => resolve(true)));
    }), 'bearerbox');
    this.child = new Child('drive_smpp', DRIVE_SMPP,
      ['-v', '0', '-p', String(this.port), '-m', String(messages), '-c', file], { cwd: this.dir });
  }

  // Every message was delivered, and answered by one of the application's.
  async done() {
    await this.child.said(/ESME has submitted all messages to SMSC/, { timeout: 60000 });
  }

  async stop() {
    await this.child?.kill();
    await this.bearerbox?.kill();
  }
}

// Gives it its port, so that what stands between can be started first. Then start() it.
export async function prepareDriveSmpp(t, dir) {
  const drive = new DriveSmpp(dir, await freePort());
  atEnd(t, () => drive.stop());
  return drive;
}
