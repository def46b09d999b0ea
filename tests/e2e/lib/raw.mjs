// Peers that speak octets: a sender and a carrier that send exactly what they are told and keep
// exactly what they get. For what client libraries cannot say.
import net from 'node:net';
import { atEnd } from './cleanup.mjs';
import { freePort, until } from './place.mjs';

export const ID = {
  generic_nack: 0x80000000, bind_receiver: 1, bind_transmitter: 2, query_sm: 3, submit_sm: 4,
  deliver_sm: 5, unbind: 6, replace_sm: 7, cancel_sm: 8, bind_transceiver: 9, outbind: 0x0b,
  enquire_link: 0x15, submit_multi: 0x21, alert_notification: 0x102, data_sm: 0x103,
  broadcast_sm: 0x111, query_broadcast_sm: 0x112, cancel_broadcast_sm: 0x113,
};
export const RESP = 0x80000000;
const names = new Map(Object.entries(ID).map(([name, id]) => [id, name]));

export const commandName = (id) => {
  if (names.has(id)) return names.get(id);
  const request = (id & 0x7fffffff) >>> 0;
  return id >= RESP && names.has(request) ? `${names.get(request)}_resp` : `0x${id.toString(16)}`;
};

export const hex = (text) => Buffer.from(text.replace(/[^0-9a-f]/gi, ''), 'hex');
export const cstring = (text) => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.of(0)]);

export const tlv = (tag, value) => {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(tag, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value]);
};

// A PDU from a command (name or number) and its body.
export function pdu(command, { sequence = 1, status = 0, body = Buffer.alloc(0), length } = {}) {
  const id = typeof command === 'number' ? command
    : command.endsWith('_resp') ? (ID[command.slice(0, -5)] | RESP) >>> 0 : ID[command];
  const head = Buffer.alloc(16);
  head.writeUInt32BE(length ?? 16 + body.length, 0);
  head.writeUInt32BE(id, 4);
  head.writeUInt32BE(status, 8);
  head.writeUInt32BE(sequence, 12);
  return Buffer.concat([head, body]);
}

export const bindBody = ({ systemId = 'demo', password = 'demo', version = 0x34, tlvs } = {}) =>
  Buffer.concat([cstring(systemId), cstring(password), cstring(''), Buffer.of(version, 0, 0, 0),
    tlvs ?? Buffer.alloc(0)]);

// The mandatory part of submit_sm and deliver_sm, then `tlvs`.
export const messageBody = ({
  from = '12025550100', to = '14155550100', text = 'hello', esm = 0, coding = 0, registered = 0,
  ton = [1, 1], tlvs = Buffer.alloc(0), smLength,
} = {}) => {
  const octets = Buffer.isBuffer(text) ? text : Buffer.from(text, 'latin1');
  return Buffer.concat([cstring(''), Buffer.of(ton[0], 1), cstring(from), Buffer.of(ton[1], 1),
    cstring(to), Buffer.of(esm, 0, 0), cstring(''), cstring(''),
    Buffer.of(registered, 0, coding, 0, smLength ?? octets.length), octets, tlvs]);
};

// One connection, cut into PDUs: { id, name, status, sequence, body, octets }.
export class RawPeer {
  constructor(socket) {
    this.socket = socket;
    this.pending = Buffer.alloc(0);
    this.pdus = [];
    this.closed = false;
    this.reset = false;
    socket.setNoDelay(true);
    socket.on('data', (octets) => this.#read(octets));
    socket.on('error', () => (this.reset = true));
    socket.on('close', () => (this.closed = true));
    socket.on('end', () => (this.ended = true));
  }

  #read(octets) {
    this.pending = Buffer.concat([this.pending, octets]);
    while (this.pending.length >= 4) {
      const length = this.pending.readUInt32BE(0);
      if (length < 16 || this.pending.length < length) break;
      const whole = this.pending.subarray(0, length);
      this.pending = this.pending.subarray(length);
      const id = whole.readUInt32BE(4);
      const got = { id, name: commandName(id), status: whole.readUInt32BE(8),
        sequence: whole.readUInt32BE(12), body: whole.subarray(16), octets: whole };
      if (this.onPdu?.(got) !== true) this.pdus.push(got);
    }
  }

  write(octets) {
    this.socket.write(octets);
  }

  send(command, options) {
    this.write(pdu(command, options));
  }

  // The next PDU with this name, taken out of what has arrived.
  async next(name, timeout) {
    let at = -1;
    await until(() => (at = this.pdus.findIndex((p) => p.name === name)) >= 0,
      `${name} (have: ${this.pdus.map((p) => p.name)})`, timeout);
    return this.pdus.splice(at, 1)[0];
  }

  async isClosed() {
    await until(() => this.closed || this.ended, 'the connection to be closed');
  }

  end() {
    this.socket.end();
  }

  destroy() {
    this.socket.destroy();
  }
}

export async function rawSender(t, port) {
  const socket = net.connect(port, '127.0.0.1');
  atEnd(t, () => socket.destroy());
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return new RawPeer(socket);
}

// A carrier that does nothing by itself, except to accept binds and unbinds unless told otherwise.
export class RawCarrier {
  constructor({ autoBind = true, autoUnbind = true } = {}) {
    this.autoBind = autoBind;
    this.autoUnbind = autoUnbind;
    this.peers = [];
  }

  async listen(t, port) {
    this.port = port ?? (await freePort());
    this.server = net.createServer((socket) => {
      const peer = new RawPeer(socket);
      this.peers.push(peer);
      peer.onPdu = (p) => {
        const wanted = p.name === 'unbind' ? this.autoUnbind
          : this.autoBind && /^bind_.*[^p]$/.test(p.name);
        if (!wanted) return false;
        if (p.name === 'unbind') peer.unbind = p;
        else peer.bind = p;
        peer.send(`${p.name}_resp`, { sequence: p.sequence, body: cstring('raw') });
        return true;
      };
    });
    await new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    atEnd(t, () => this.stop());
    this.address = `tcp://127.0.0.1:${this.port}`;
    return this;
  }

  // The connection number `i`, waiting for it.
  async peer(i = 0) {
    await until(() => this.peers.length > i, `connection ${i} at the carrier`);
    return this.peers[i];
  }

  stop() {
    for (const peer of this.peers) peer.destroy();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

export const rawCarrier = (t, options) => new RawCarrier(options).listen(t);
