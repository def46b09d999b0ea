// Several processes on one journal directory and one Redis: what one of them has acknowledged holds in
// all of them, and in the next one, Redis or not.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { bound } from './lib/client.mjs';
import { atEnd } from './lib/cleanup.mjs';
import { isOn, journalEvents } from './lib/evidence.mjs';
import { freePort, sleep, temporary, until } from './lib/place.mjs';
import { startRedis } from './lib/redis.mjs';
import { startSim } from './lib/sim.mjs';
import { startStopgate } from './lib/stopgate.mjs';
import { startWorld } from './lib/world.mjs';

const TO = '12025550100';
const ready = (stopgate) => until(async () => (await stopgate.get('/readyz')).status === 200, 'readiness');

// Two processes, each with a bound client; `redisOf(i)` may give one of them another way to Redis.
async function two(t, { settings = {}, redisOf } = {}) {
  const dir = await temporary(t);
  const redis = await startRedis(t, dir, { port: await freePort() });
  const sim = await startSim(t, dir);
  const nodes = [];
  for (const i of [0, 1]) {
    const stopgate = await startStopgate(t, { dir, redis: redisOf?.(i, redis) ?? redis.uri,
      carriers: [sim.address], name: `node${i}`, change: (conf) => Object.assign(conf.store, settings) });
    await ready(stopgate);
    const client = await bound(t, stopgate.port, 'transceiver', { system_id: `node${i}` });
    nodes.push({ stopgate, client });
  }
  await sleep(1300); // until each has noticed the other's chain
  return { dir, redis, sim, nodes };
}

test('Redis hangs: what one has acknowledged the other does not let through when it is back', async (t) => {
  const { redis, sim, nodes } = await two(t, { settings: { hold_for: '9s', deadline: '1s' } });
  let number = 14155550100;
  for (const gap of [200, 50, 10, 200]) {
    number++;
    redis.freeze();
    assert.equal(await sim.mo(number, TO, 'STOP', { to: 'node0' }), 'ESME_ROK');
    const answer = nodes[1].client.submit(TO, String(number), 'x');
    await sleep(gap);
    redis.thaw();
    assert.equal((await answer).status, 'ESME_RINVDSTADR', `${gap} ms`);
    for (const { stopgate } of nodes) await ready(stopgate);
  }
  assert.equal((await sim.received()).length, 0);
});

test('one is cut off from Redis alone: the other knows what it acknowledges', async (t) => {
  const pipes = [];
  const relay = net.createServer((from) => {
    const to = net.connect(relay.target, '127.0.0.1');
    pipes.push(from, to);
    for (const socket of [from, to]) socket.on('error', () => {});
    from.pipe(to).pipe(from);
    from.on('close', () => to.destroy());
    to.on('close', () => from.destroy());
  });
  const port = await freePort();
  await new Promise((resolve) => relay.listen(port, '127.0.0.1', resolve));
  const cut = async () => {
    for (const socket of pipes) socket.destroy();
    if (relay.listening) await new Promise((resolve) => relay.close(resolve));
  };
  atEnd(t, cut);
  const { sim, redis, nodes } = await two(t, {
    settings: { hold_for: '9s', deadline: '1s' },
    redisOf: (i, server) => {
      relay.target = server.port;
      return i === 0 ? `tcp://127.0.0.1:${port}` : server.uri;
    },
  });
  await cut();
  for (let i = 0; i < 5; i++) {
    const number = 14155550200 + i;
    assert.equal(await sim.mo(number, TO, 'STOP', { to: 'node0' }), 'ESME_ROK');
    const { status } = await nodes[1].client.submit(TO, String(number), 'x');
    assert.equal(status, 'ESME_RINVDSTADR');
    assert.equal(await isOn(redis, 'optout', number), false, 'nobody has applied it yet');
  }
  assert.equal((await sim.received()).length, 0);
});

test('restarted while Redis is away, with outage: pass, it still knows its own journal', async (t) => {
  const world = await startWorld(t, { change: (conf) => (conf.store.outage = 'pass') });
  await world.bind('transceiver');
  await ready(world.stopgate);
  await world.sim.mo('14155550300', TO, 'STOP');
  await world.redis.kill();
  await until(async () => (await world.stopgate.get('/readyz')).status === 503);
  assert.equal(await world.sim.mo('14155550301', TO, 'STOP'), 'ESME_ROK');
  await world.stopgate.kill();
  await world.stopgate.start();
  const client = await bound(t, world.stopgate.port, 'transmitter');
  assert.equal((await client.submit(TO, '14155550301', 'x')).status, 'ESME_RINVDSTADR');
  assert.equal((await client.submit(TO, '14155550399', 'x')).status, 'ESME_ROK');
  await world.redis.start();
  await ready(world.stopgate);
  for (const number of ['14155550300', '14155550301'])
    assert.equal((await client.submit(TO, number, 'x')).status, 'ESME_RINVDSTADR');
  assert.equal((await journalEvents(world.dir, 'optout')).length, 2);
  await until(async () => (await world.stopgate.metrics()).stopgate_overlay_numbers === 0, 'nothing pending');
});

test('both serve one port: the load is shared, nothing is lost when one drains', async (t) => {
  const world = await startWorld(t);
  const old = await world.bind('transceiver');
  const next = await startStopgate(t, { dir: world.dir, redis: world.redis.uri,
    carriers: [world.sim.address], name: 'next',
    change: (conf) => (conf.listeners[0].address = world.stopgate.conf.listeners[0].address) });
  await ready(next);
  assert.equal((await old.submit(TO, '14155550400', 'x')).status, 'ESME_ROK');
  world.stopgate.child.signal('SIGTERM');
  await until(() => world.stopgate.child.exit !== null, 'exit');
  assert.equal(world.stopgate.child.exit.code, 0);
  const client = await bound(t, world.stopgate.port, 'transmitter');
  assert.equal((await client.submit(TO, '14155550400', 'x')).status, 'ESME_ROK');
});
