// npm smpp as a carrier: takes every bind, gives message ids, keeps what it received.
import smpp from 'smpp';
import { Client } from './client.mjs';
import { atEnd } from './cleanup.mjs';
import { until } from './place.mjs';

export class Server {
  // `answer(pdu, session)` as Client takes it; undefined leaves the customary answer.
  constructor({ answer = () => undefined } = {}) {
    this.answer = answer;
    this.sessions = [];
    this.ids = 0;
    this.server = smpp.createServer((session) => {
      const client = new Client(session, { answer: (pdu) => this.#answer(pdu, client) });
      this.sessions.push(client);
    });
  }

  #answer(pdu, client) {
    if (pdu.command.startsWith('bind_')) client.bound = pdu;
    const answer = this.answer(pdu, client);
    if (answer !== undefined) return answer;
    if (pdu.command.startsWith('bind_')) return { system_id: 'npm' };
    if (['submit_sm', 'data_sm', 'submit_multi'].includes(pdu.command))
      return { message_id: `npm-${++this.ids}` };
    return undefined;
  }

  async start() {
    await new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', resolve);
    });
    this.port = this.server.address().port;
    this.address = `tcp://127.0.0.1:${this.port}`;
    return this;
  }

  // The newest session of an account, once it is bound: a Client, so next() and request() serve.
  session(systemId) {
    const bound = (client) => client.bound && !client.isClosed &&
      (systemId === undefined || client.bound.system_id === systemId);
    return until(() => this.sessions.findLast(bound), `a bind of ${systemId ?? 'anybody'}`);
  }

  async stop() {
    for (const client of this.sessions) client.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export async function startServer(t, options) {
  const server = new Server(options);
  atEnd(t, () => server.stop());
  return server.start();
}
