// Redis away, hung, emptied or wrong; the journal full; the proxy killed (design section 8).
import assert from 'node:assert/strict';
import net from 'node:net';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { chainProblem, eventsOf, isOn, journalEvents, journalLines, put } from './lib/evidence.mjs';
import { atEnd } from './lib/cleanup.mjs';
import { bound } from './lib/client.mjs';
import { freePort, sleep, temporary, until } from './lib/place.mjs';
import { run } from './lib/process.mjs';
import { startRedis } from './lib/redis.mjs';
import { startStopgate } from './lib/stopgate.mjs';
import { startWorld } from './lib/world.mjs';

const FROM = '14155550100';
const TO = '12025550100';
const store = (settings) => (conf) => Object.assign(conf.store, settings);
const ready = (world) => until(async () => (await world.stopgate.get('/readyz')).status === 200, 'readiness');
const notReady = (world) => until(async () => (await world.stopgate.get('/readyz')).status === 503, 'no readiness');

test('outage: hold waits, then throttles; nothing leaves unchecked', async (t) => {
  const world = await startWorld(t, { change: store({ outage: 'hold', hold_for: '700ms', deadline: '300ms' }) });
  await put(world.redis, 'optout', FROM);
  const client = await world.bind('transceiver');
  await ready(world);
  for (const away of [() => world.redis.kill(), () => world.redis.freeze()]) {
    await away();
    const { status } = await client.submit(TO, '14155550101', 'x');
    assert.equal(status, 'ESME_RTHROTTLED');
    assert.equal((await world.sim.received()).length, 0);
    // Back within the time: the message goes on as if nothing had been.
    const waiting = [client.submit(TO, '14155550101', 'x'), client.submit(TO, FROM, 'x')];
    await sleep(200);
    if (world.redis.child.exit !== null) await world.redis.start();
    else world.redis.thaw();
    const answers = await Promise.all(waiting);
    assert.equal(answers[1].status === 'ESME_ROK', false);
    await ready(world);
    assert.equal((await client.submit(TO, '14155550101', 'x')).status, 'ESME_ROK');
    assert.equal((await client.submit(TO, FROM, 'x')).status, 'ESME_RINVDSTADR');
    for (const m of await world.sim.received()) assert.equal(m.to, '14155550101');
    await world.sim.command('clear');
  }
});

test('outage: reject answers at once, pass lets go and says so', async (t) => {
  for (const [outage, expected] of [['reject', 'ESME_RTHROTTLED'], ['pass', 'ESME_ROK']]) {
    const world = await startWorld(t, { change: store({ outage }) });
    const client = await world.bind('transceiver');
    await ready(world);
    await world.redis.kill();
    await notReady(world);
    assert.equal((await client.submit(TO, FROM, 'x')).status, expected);
    if (outage === 'pass') {
      assert.match(world.stopgate.log, /level=(warn|error)[^\n]*unchecked/i);
      const metrics = await world.stopgate.metrics();
      assert.equal(metrics['stopgate_filter_events_total{filter="suppression",event="unchecked"}'], 1);
    }
  }
});

test('Redis away: a STOP is journaled, answered, in force here, and applied once when Redis is back', async (t) => {
  const world = await startWorld(t, { change: store({ hold_for: '300ms', deadline: '300ms' }) });
  const client = await world.bind('transceiver');
  await ready(world);
  await world.redis.kill();
  await notReady(world);
  assert.equal(await world.sim.mo(FROM, TO, 'STOP'), 'ESME_ROK');
  assert.equal((await journalEvents(world.dir, 'optout')).length, 1);
  await world.redis.start();
  await ready(world);
  await until(() => isOn(world.redis, 'optout', FROM), 'the opt-out in Redis');
  assert.equal((await client.submit(TO, FROM, 'x')).status, 'ESME_RINVDSTADR');
  const stream = await world.redis.cli('xrange', 'sg:events', '-', '+');
  assert.equal(stream.match(/"type":"optout"/g).length, 1, 'in the stream once');
});

test('Redis hung: a STOP is answered in time', async (t) => {
  const world = await startWorld(t, { change: store({ hold_for: '300ms', deadline: '400ms' }) });
  await world.bind('transceiver');
  await ready(world);
  world.redis.freeze();
  assert.equal(await world.sim.mo(FROM, TO, 'STOP'), 'ESME_ROK');
  world.redis.thaw();
  await until(() => isOn(world.redis, 'optout', FROM), 'the opt-out in Redis');
});

test('Redis emptied behind our back never reads as nobody opted out', async (t) => {
  const world = await startWorld(t);
  const client = await world.bind('transceiver');
  for (let i = 0; i < 50; i++) await world.sim.mo(14155550100 + i, TO, 'STOP');
  await world.sim.mo(14155550101, TO, 'START');
  for (const empty of [['flushall'], ['del', 'sg:dataset'], ['set', 'sg:dataset', '00112233445566778899aabbccddeeff']]) {
    await world.redis.cli(...empty);
    for (let i = 0; i < 50; i += 7) {
      const { status } = await client.submit(TO, String(14155550100 + i), 'x');
      assert.equal(status, 'ESME_RINVDSTADR', `${i} after ${empty}`);
    }
    await ready(world);
    assert.ok(await isOn(world.redis, 'optout', 14155550149));
    assert.ok(!(await isOn(world.redis, 'optout', 14155550101)));
    assert.equal((await client.submit(TO, '14155550101', 'x')).status, 'ESME_ROK');
  }
});

test('a load while Redis is emptied and killed: every message answered, none leaks', async (t) => {
  const world = await startWorld(t, { change: store({ hold_for: '10s' }) });
  const client = await world.bind('transceiver');
  for (let i = 0; i < 20; i++) await world.sim.mo(14155550100 + i, TO, 'STOP');
  const answers = [];
  let on = true;
  const load = (async () => {
    for (let i = 0; on && i < 6000; i++) {
      answers.push(client.submit(TO, String(14155550100 + (i % 40)), String(i)));
      if (i % 20 === 19) await sleep(4);
    }
  })();
  await sleep(100);
  await world.redis.cli('flushall');
  await sleep(200);
  await world.redis.kill();
  await sleep(200);
  await world.redis.start();
  await sleep(400);
  on = false;
  await load;
  const all = await Promise.all(answers);
  const ok = all.filter((a) => a.status === 'ESME_ROK').length;
  const refused = all.filter((a) => a.status === 'ESME_RINVDSTADR').length;
  assert.equal(ok + refused, all.length, JSON.stringify(all.find((a) => !/ROK|DSTADR/.test(a.status))));
  const received = await world.sim.received(4096);
  assert.equal(received.length, ok);
  for (const m of received) assert.ok(Number(m.to) >= 14155550120, m.to);
});

test('a journal that cannot be written: the carrier keeps the STOP, traffic flows on', async (t) => {
  const world = await startWorld(t);
  const client = await world.bind('transceiver');
  await world.sim.mo('14155550199', TO, 'STOP');
  const [{ chain }] = await journalLines(world.dir);
  const size = (await stat(path.join(world.dir, 'journal', chain, '00000001.jsonl'))).size;
  const limit = (n) => run('prlimit', ['--pid', String(world.stopgate.child.pid), `--fsize=${n}`]);
  await limit(`${size + 10}:unlimited`);
  await world.sim.mo(FROM, TO, 'hello');
  await client.next('deliver_sm', (p) => p.source_addr === FROM);
  assert.equal(await world.sim.mo(FROM, TO, 'STOP'), 'ESME_RX_T_APPN');
  assert.equal(client.incoming.filter((p) => p.source_addr === FROM).length, 0, 'not forwarded');
  assert.ok(!(await isOn(world.redis, 'optout', FROM)));
  assert.equal((await client.submit(TO, FROM, 'x')).status, 'ESME_ROK');
  assert.equal((await client.submit(TO, '14155550199', 'x')).status, 'ESME_RINVDSTADR');
  await limit('unlimited:unlimited');
  assert.equal(await world.sim.mo(FROM, TO, 'STOP'), 'ESME_ROK');
  assert.equal((await client.submit(TO, FROM, 'x')).status, 'ESME_RINVDSTADR');
  await eventsOf(world.dir, 'optout', 2);
  assert.equal(chainProblem(await journalLines(world.dir)), null);
});

test('killed: every STOP that was answered is in the journal and in force afterwards', async (t) => {
  const world = await startWorld(t);
  await world.bind('transceiver');
  const answered = [];
  const load = (async () => {
    for (let i = 0; i < 3000; i++) {
      const status = await world.sim.mo(14155560000 + i, TO, 'STOP').catch(() => 'gone');
      if (status !== 'ESME_ROK') return;
      answered.push(14155560000 + i);
    }
  })();
  await until(() => answered.length > 100, 'some STOPs');
  await world.stopgate.kill();
  await load;
  await world.redis.cli('flushall');
  await world.stopgate.start();
  await ready(world);
  const kept = new Set((await journalEvents(world.dir, 'optout')).map((e) => Number(e.number)));
  for (const number of answered) assert.ok(kept.has(number), `${number} in the journal`);
  const client = await bound(t, world.stopgate.port, 'transmitter');
  for (const number of answered.slice(0, 100))
    assert.equal((await client.submit(TO, String(number), 'x')).status, 'ESME_RINVDSTADR');
  assert.equal(chainProblem(await journalLines(world.dir)), null);
});

test('a server that evicts is refused, unless the operator insists', async (t) => {
  const dir = await temporary(t);
  const redis = await startRedis(t, dir, { args: ['--maxmemory-policy', 'allkeys-lru'] });
  const change = (insist) => (conf) => {
    Object.assign(conf.store, { outage: 'reject' }, insist ? { allow_eviction: true } : {});
  };
  const refused = await startStopgate(t, { dir, redis: redis.uri, carriers: ['tcp://127.0.0.1:1'], change: change(false) });
  await refused.child.said(/maxmemory-policy/);
  assert.equal((await refused.get('/readyz')).status, 503);
  await refused.stop();
  const insisted = await startStopgate(t, { dir, redis: redis.uri, carriers: ['tcp://127.0.0.1:1'], change: change(true) });
  await until(async () => (await insisted.get('/readyz')).status === 200);
});

test('a wrong password, a wrong port, a server that is no Redis: said clearly, no crash', async (t) => {
  const dir = await temporary(t);
  const locked = await startRedis(t, dir, { args: ['--requirepass', 'right'] }).catch((e) => e);
  assert.ok(!(locked instanceof Error), String(locked));
  const web = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  const port = await freePort();
  await new Promise((resolve) => web.listen(port, '127.0.0.1', resolve));
  atEnd(t, () => web.close());
  const cases = [
    [locked.uri, 'wrong', /password/i], [locked.uri, undefined, /password|NOAUTH/i],
    [`tcp://127.0.0.1:${port}`, undefined, /no Redis|not Redis|not a Redis/i],
    ['tcp://127.0.0.1:1', undefined, /refused/i],
    [`unix:${dir}/nothing.sock`, undefined, /No such file/i],
  ];
  for (const [i, [redis, password, said]] of cases.entries()) {
    const stopgate = await startStopgate(t, { dir, redis, carriers: ['tcp://127.0.0.1:1'], name: `sg${i}`,
      change: store({ journal: path.join(dir, `journal${i}`), outage: 'reject', ...(password ? { password } : {}) }) });
    await stopgate.child.said(said);
    await sleep(300);
    const lines = stopgate.log.split('\n').filter((l) => /level=(warn|error)/.test(l)).length;
    assert.ok(lines < 6, stopgate.log);
    await stopgate.stop();
  }
});
