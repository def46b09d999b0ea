// Perl's Net::SMPP as a peer: peers/net_smpp.pl, commanded through its standard streams.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { atEnd } from './cleanup.mjs';

const script = fileURLToPath(new URL('../peers/net_smpp.pl', import.meta.url));

export class NetSmpp {
  constructor() {
    this.child = spawn('perl', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = once(this.child, 'close');
    this.child.stdin.on('error', () => {});
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async order(order) {
    this.child.stdin.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error('net_smpp.pl has ended');
    const result = JSON.parse(value);
    if (result.error) throw new Error(result.error);
    return result;
  }

  bind(port, { kind = 'transceiver', systemId = 'perl', password = 'pw' } = {}) {
    return this.order({ do: 'bind', kind, port, system_id: systemId, password });
  }

  // Fields as Net::SMPP names them. Resolves with the response: { status, message_id, ... }.
  request(command, fields = {}) {
    return this.order({ do: 'request', command, fields });
  }

  submit(from, to, text, fields = {}) {
    return this.request('submit_sm',
      { source_addr: from, destination_addr: to, short_message: text, ...fields });
  }

  // The next request that came in: { source_addr, short_message, ... }.
  next() {
    return this.order({ do: 'next' });
  }

  async stop() {
    this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5000);
    await this.ended;
    clearTimeout(timer);
  }
}

export function startNetSmpp(t) {
  const peer = new NetSmpp();
  atEnd(t, () => peer.stop());
  return peer;
}
