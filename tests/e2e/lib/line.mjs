// A raw sender and a raw carrier with stopgate between them: what one writes, the other reads.
import { startRedis } from './redis.mjs';
import { startStopgate } from './stopgate.mjs';
import { temporary } from './place.mjs';
import { bindBody, rawCarrier, rawSender } from './raw.mjs';

export class Line {
  // A bound sender and its peer at the carrier.
  async pair(kind = 'bind_transceiver', options = {}) {
    const before = this.carrier.peers.length;
    const sender = await rawSender(this.t, this.stopgate.port);
    sender.send(kind, { sequence: 7, body: bindBody(options) });
    const response = await sender.next(`${kind}_resp`);
    if (response.status !== 0) throw new Error(`bind refused: ${response.status}`);
    const carrier = await this.carrier.peer(before);
    return { sender, carrier };
  }

  sender() {
    return rawSender(this.t, this.stopgate.port);
  }
}

export async function startLine(t, { change = () => {}, carrier = {} } = {}) {
  const line = new Line();
  line.t = t;
  line.dir = await temporary(t);
  line.redis = await startRedis(t, line.dir);
  line.carrier = await rawCarrier(t, carrier);
  line.stopgate = await startStopgate(t, {
    dir: line.dir,
    redis: line.redis.uri,
    carriers: [line.carrier.address],
    change: (conf) => change(conf, line),
  });
  return line;
}
