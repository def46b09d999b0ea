// Everything that a message passes, started together in a directory of its own and ended with the
// test: sender -> stopgate -> simulated carrier, with a Redis beside it.
import { temporary } from './place.mjs';
import { startRedis } from './redis.mjs';
import { startSim } from './sim.mjs';
import { startStopgate } from './stopgate.mjs';
import { bound, connect } from './client.mjs';

export class World {
  constructor(t) {
    this.t = t;
  }

  connect(options) {
    return connect(this.t, this.stopgate.port, options);
  }

  bind(kind, fields, options) {
    return bound(this.t, this.stopgate.port, kind, fields, options);
  }
}

// `change(conf, world)` edits the configuration; `sim` and `redis` are options of theirs.
export async function startWorld(t, { change = () => {}, sim = {}, redis = {}, env } = {}) {
  const world = new World(t);
  world.dir = await temporary(t);
  [world.redis, world.sim] = await Promise.all(
    [startRedis(t, world.dir, redis), startSim(t, world.dir, sim)]);
  world.stopgate = await startStopgate(t, {
    dir: world.dir,
    redis: world.redis.uri,
    carriers: [world.sim.address],
    change: (conf) => change(conf, world),
    env,
  });
  return world;
}
