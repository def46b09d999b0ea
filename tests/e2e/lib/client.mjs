// npm smpp with promises: a sender's side. Requests resolve with their response; what comes in is
// answered with ESME_ROK (or as `answer` says) and kept until somebody asks for it.
import smpp from 'smpp';
import { atEnd } from './cleanup.mjs';
import { setTimeout as delay } from 'node:timers/promises';

export { smpp };

const names = new Map(
  Object.entries(smpp.errors).map(([name, number]) => [number, name]));

// 'ESME_RINVDSTADR', or '0x00000444'.
export const statusName = (status) =>
  names.get(status) ?? `0x${status.toString(16).padStart(8, '0')}`;

const timedOut = (what, timeout) =>
  delay(timeout, undefined, { ref: false }).then(() => {
    throw new Error(`no ${what} in ${timeout} ms`);
  });

export class Client {
  // `answer(pdu)` returns a status, undefined for ESME_ROK, the fields of the response, or null for
  // no answer at all.
  constructor(session, { answer, timeout = 20000 } = {}) {
    this.session = session;
    this.answer = answer ?? (() => undefined);
    this.timeout = timeout;
    this.incoming = [];
    this.waiters = [];
    this.errors = [];
    this.closed = new Promise((resolve) => session.once('close', resolve));
    this.isClosed = false;
    session.on('close', () => (this.isClosed = true));
    session.on('error', (error) => this.errors.push(error));
    session.on('pdu', (pdu) => this.#arrived(pdu));
  }

  #arrived(pdu) {
    if (pdu.isResponse()) return;
    this.incoming.push(pdu);
    const answer = this.answer(pdu);
    if (answer !== null && pdu.command !== 'alert_notification')
      this.session.send(pdu.response(
        typeof answer === 'object' ? answer : { command_status: answer ?? 0 }));
    if (pdu.command === 'unbind') this.session.close();
    for (const waiter of [...this.waiters]) waiter();
  }

  // Sends a request and resolves with its response. 'submit_sm', { ... }
  request(command, fields = {}) {
    const { promise, pdu } = this.start(command, fields);
    if (pdu === null) return Promise.reject(new Error(`${command}: not connected`));
    return promise;
  }

  // The same without waiting: { pdu, promise }.
  start(command, fields = {}) {
    const pdu = new smpp.PDU(command, fields);
    let sent;
    const answered = new Promise((resolve) => {
      sent = this.session.send(pdu, resolve);
    });
    if (sent === false) return { pdu: null, promise: null };
    const gone = this.closed.then(() => {
      throw new Error(`closed before the answer to ${command}`);
    });
    const promise = Promise.race([answered, gone, timedOut(`answer to ${command}`, this.timeout)]);
    promise.catch(() => {});
    return { pdu, promise };
  }

  async bind(kind = 'transceiver', fields = {}) {
    return this.request(`bind_${kind}`, {
      system_id: 'demo', password: 'demo', interface_version: 0x34, ...fields,
    });
  }

  // submit_sm from the customary fields. Resolves with { status: 'ESME_ROK', id, pdu }.
  async submit(from, to, text, fields = {}) {
    const pdu = await this.request('submit_sm', {
      source_addr: from, destination_addr: to, short_message: text, ...fields,
    });
    return { status: statusName(pdu.command_status), id: pdu.message_id, pdu };
  }

  // The first PDU that came in, has not been taken yet and fits; waits for it.
  async next(command = 'deliver_sm', fits = () => true, timeout = this.timeout) {
    const take = () => {
      const at = this.incoming.findIndex((pdu) => pdu.command === command && fits(pdu));
      return at < 0 ? undefined : this.incoming.splice(at, 1)[0];
    };
    let waiter;
    const arrived = new Promise((resolve) => {
      waiter = () => {
        const pdu = take();
        if (pdu === undefined) return;
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        resolve(pdu);
      };
      this.waiters.push(waiter);
      waiter();
    });
    try {
      return await Promise.race([arrived, timedOut(command, timeout)]);
    } finally {
      if (this.waiters.includes(waiter)) this.waiters.splice(this.waiters.indexOf(waiter), 1);
    }
  }

  // Octets as they are.
  write(octets) {
    this.session.socket.write(octets);
  }

  async unbind() {
    const response = await this.request('unbind');
    this.session.close();
    await this.closed;
    return response;
  }

  destroy() {
    this.session.destroy();
  }
}

// Connects to a loopback port; the connection ends with the test.
export async function connect(t, port, options = {}) {
  const session = smpp.connect({ host: '127.0.0.1', port, ...options.connection });
  const client = new Client(session, options);
  atEnd(t, () => client.destroy());
  await new Promise((resolve, reject) => {
    session.once('connect', resolve);
    session.once('error', reject);
  });
  return client;
}

// Connects and binds; the bind must be accepted.
export async function bound(t, port, kind = 'transceiver', fields = {}, options = {}) {
  const client = await connect(t, port, options);
  const response = await client.bind(kind, fields);
  if (response.command_status !== 0)
    throw new Error(`bind refused: ${statusName(response.command_status)}`);
  return client;
}

// The text of a message or receipt that npm smpp has decoded.
export const textOf = (pdu) => {
  const message = pdu.short_message?.message ?? pdu.short_message ?? '';
  return String(message.length > 0 ? message : (pdu.message_payload?.message ?? ''));
};
