// A STOP reply is on record and in force before the carrier has its answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainProblem, eventsOf, isOn, journalEvents, journalLines } from './lib/evidence.mjs';
import { sleep, until } from './lib/place.mjs';
import { textOf } from './lib/client.mjs';
import { startWorld } from './lib/world.mjs';

const programs = [
  { name: 'shop', senders: ['12025550100', 'ACME'] },
  { name: 'bank', senders: ['12025550101'] },
];
const FROM = '14155550100';
const TO = '12025550100';
const ucs2 = (text) => Buffer.from(text, 'utf16le').swap16();
const inbound = (conf, settings) => Object.assign(conf.inbound.find((f) => f.filter === 'optout'), settings);

test('the main job: a message, its STOP, the next one refused, the evidence', async (t) => {
  const world = await startWorld(t, { change: (conf) => (conf.programs = programs) });
  const client = await world.bind('transceiver');
  assert.equal((await client.submit(TO, FROM, 'hello')).status, 'ESME_ROK');
  assert.equal(await world.sim.mo(FROM, TO, 'Stop.'), 'ESME_ROK');
  assert.ok(await isOn(world.redis, 'optout', FROM), 'in force when the carrier has its answer');
  assert.equal(textOf(await client.next()), 'Stop.');
  assert.equal((await client.submit(TO, '4155550100', 'hello')).status, 'ESME_RINVDSTADR');
  const [event] = await eventsOf(world.dir, 'optout');
  assert.equal(event.text, 'Stop.');
  for (const [key, value] of Object.entries({ source: 'reply', number: FROM, sender: TO, keyword: 'stop',
    program: 'shop', list: 'optout', carrier: 'main', account: 'demo' }))
    assert.equal(event[key], value, key);
  assert.match(event.time, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  await eventsOf(world.dir, 'blocked');
  assert.equal(chainProblem(await journalLines(world.dir)), null);
  const stream = await world.redis.cli('xrange', 'sg:events', '-', '+');
  assert.match(stream, /"type":"optout"/);
});

test('every alphabet, wrapping and form of the PDU', async (t) => {
  const world = await startWorld(t);
  await world.bind('receiver');
  let number = 14155551000;
  const cases = [
    [0, 0, Buffer.from('STOP')], [0, 0, Buffer.from('  "stop" !!\r\n')], [1, 0, Buffer.from('Unsubscribe')],
    [3, 0, Buffer.from('arr\u00eat', 'latin1')], [8, 0, ucs2('\u0441\u0442\u043e\u043f')],
    [8, 0, ucs2('\u9000\u8ba2')], [8, 0, ucs2('STOP')], [0, 0, Buffer.from([0x53, 0x54, 0x4f, 0x50, 0x21])],
    [0, 0x40, Buffer.concat([Buffer.from('050003aa0101', 'hex'), Buffer.from('stop')])],
    [0xf0, 0, Buffer.from('OPT OUT')], [0xf1, 0, Buffer.from('opt-out')], [4, 0, Buffer.from('STOP')],
    [0x11, 0, Buffer.from('STOPALL')], [0, 0, ucs2('STOP')], [8, 0, Buffer.from('STOP')],
    [8, 0, Buffer.from('STOP', 'utf16le')], [0, 0, Buffer.from('\uff33\uff34\uff2f\uff30', 'utf8')],
    [0x08, 0x40, Buffer.concat([Buffer.from('060804beef0101', 'hex'), ucs2('STOP')])],
  ];
  for (const [coding, esm, octets] of cases) {
    number++;
    assert.equal(await world.sim.moHex(number, TO, coding, esm, octets), 'ESME_ROK');
    assert.ok(await isOn(world.redis, 'optout', number), `${coding} ${esm} ${octets.toString('hex')}`);
  }
  for (const options of [{ dataSm: true }, { payload: true }]) {
    number++;
    assert.equal(await world.sim.mo(number, TO, 'STOP', options), 'ESME_ROK');
    assert.ok(await isOn(world.redis, 'optout', number), JSON.stringify(options));
  }
  for (const [coding, octets] of [[0, Buffer.from('stop it')], [0, Buffer.from('hello')],
    [8, ucs2('\u4f60\u597d')], [0, Buffer.alloc(0)]]) {
    number++;
    assert.equal(await world.sim.moHex(number, TO, coding, 0, octets), 'ESME_ROK');
    assert.ok(!(await isOn(world.redis, 'optout', number)), octets.toString());
  }
});

test('parts in any order, twice, or never complete', async (t) => {
  const world = await startWorld(t);
  await world.bind('receiver');
  const part = (number, reference, total, i, text) => world.sim.moHex(number, TO, 0, 0x40,
    Buffer.concat([Buffer.from([5, 0, 3, reference, total, i]), Buffer.from(text)]));
  await part(14155552001, 7, 2, 2, 'OP');
  await part(14155552001, 7, 2, 2, 'OP');
  assert.ok(!(await isOn(world.redis, 'optout', 14155552001)));
  await part(14155552001, 7, 2, 1, 'ST');
  assert.ok(await isOn(world.redis, 'optout', 14155552001));
  // Somebody else's part with the same reference, and a message whose rest never comes.
  await part(14155552002, 7, 2, 1, 'ST');
  await part(14155552003, 7, 2, 2, 'OP');
  for (const number of [14155552002, 14155552003])
    assert.ok(!(await isOn(world.redis, 'optout', number)));
  // Total or number 0 is no part.
  await part(14155552004, 7, 0, 0, 'STOP');
  assert.ok(await isOn(world.redis, 'optout', 14155552004));
});

test('START opts in again; HELP is recorded; configured words count', async (t) => {
  const world = await startWorld(t, {
    change: (conf) => inbound(conf, { stop: ['genug jetzt'], start: ['los'], ignore: ['end'] }),
  });
  const client = await world.bind('transceiver');
  const says = (text) => world.sim.mo(FROM, TO, text);
  await says('STOP');
  assert.equal((await client.submit(TO, FROM, 'x')).status, 'ESME_RINVDSTADR');
  await says('UNSTOP');
  assert.equal((await client.submit(TO, FROM, 'x')).status, 'ESME_ROK');
  await says('Genug, jetzt!');
  assert.ok(!(await isOn(world.redis, 'optout', FROM)), 'a comma inside is another text');
  await says('Genug  jetzt!');
  assert.ok(await isOn(world.redis, 'optout', FROM));
  await says('Los');
  await says('END');
  assert.ok(!(await isOn(world.redis, 'optout', FROM)));
  await says('Help');
  await eventsOf(world.dir, 'help');
  assert.deepEqual((await journalEvents(world.dir)).filter((e) => e.type !== 'blocked').map((e) => e.type),
    ['optout', 'optin', 'optout', 'optin', 'help']);
});

test('repeats change nothing and are counted', async (t) => {
  const world = await startWorld(t);
  await world.bind('receiver');
  for (let i = 0; i < 3; i++) assert.equal(await world.sim.mo(FROM, TO, 'STOP'), 'ESME_ROK');
  assert.equal((await journalEvents(world.dir, 'optout')).length, 1);
  await until(async () =>
    (await world.stopgate.metrics())['stopgate_filter_events_total{filter="optout",event="repeated"}'] === 2);
});

test('scope: program ends that program only', async (t) => {
  const world = await startWorld(t, {
    change: (conf) => {
      conf.programs = programs;
      inbound(conf, { scope: 'program' });
    },
  });
  const client = await world.bind('transceiver');
  await world.sim.mo(FROM, 'ACME', 'STOP');
  const status = async (from) => (await client.submit(from, FROM, 'x')).status;
  assert.equal(await status(TO), 'ESME_RINVDSTADR');
  assert.equal(await status('12025550101'), 'ESME_ROK');
  assert.equal(await status('other'), 'ESME_ROK');
  await world.sim.mo(FROM, TO, 'START');
  assert.equal(await status(TO), 'ESME_ROK');
  await world.sim.mo(FROM, '99999', 'STOP');
  assert.equal(await status('12025550101'), 'ESME_RINVDSTADR', 'no program: it ends all');
});

test('forward: false answers the carrier here', async (t) => {
  const world = await startWorld(t, { change: (conf) => inbound(conf, { forward: false }) });
  const client = await world.bind('receiver');
  assert.equal(await world.sim.mo(FROM, TO, 'STOP'), 'ESME_ROK');
  assert.equal(await world.sim.mo(FROM, TO, 'hello'), 'ESME_ROK');
  assert.equal(textOf(await client.next()), 'hello');
  assert.deepEqual(client.incoming, []);
});

test('the sender\'s own answer to a forwarded STOP goes to the carrier', async (t) => {
  const world = await startWorld(t);
  await world.bind('receiver', {}, { answer: () => 0x64 });
  assert.equal(await world.sim.mo(FROM, TO, 'STOP'), 'ESME_RX_T_APPN');
  assert.ok(await isOn(world.redis, 'optout', FROM), 'stored all the same');
});

test('a number with two readings is suppressed in both', async (t) => {
  const world = await startWorld(t);
  await world.bind('receiver');
  await world.sim.mo('6561234567', TO, 'STOP');
  assert.ok(await isOn(world.redis, 'optout', 6561234567));
  assert.ok(await isOn(world.redis, 'optout', 16561234567));
});

test('receipts are no replies, whatever they quote; replies are no receipts', async (t) => {
  const world = await startWorld(t);
  const client = await world.bind('transceiver');
  const receipt = 'id:1 sub:001 dlvrd:001 submit date:2611240101 done date:2611240102 stat:DELIVRD err:000 text:STOP';
  for (const esm of [0x04, 0x00, 0x20])
    await world.sim.moHex(FROM, TO, 0, esm, Buffer.from(receipt));
  await world.sim.moHex(FROM, TO, 0, 0x04, Buffer.from('STOP'));
  assert.ok(!(await isOn(world.redis, 'optout', FROM)));
  for (let i = 0; i < 4; i++) await client.next();
  assert.match(world.stopgate.log, /could not be read/);
  assert.doesNotMatch(world.stopgate.log, /STOP/);
});

test('opt-outs of a load of messages in flight: none is forwarded after its answer', async (t) => {
  const world = await startWorld(t);
  const client = await world.bind('transceiver');
  const number = (i) => 14155560000 + i;
  let stop = false;
  const stopped = new Map();
  const late = [];
  const load = (async () => {
    for (let i = 0; !stop; i = (i + 1) % 50) {
      const at = stopped.get(i);
      const { promise } = client.start('submit_sm', { source_addr: TO, destination_addr: String(number(i)), short_message: 'x' });
      promise.then((pdu) => {
        if (at !== undefined && pdu.command_status === 0) late.push(i);
      });
      if (i % 10 === 0) await sleep(1);
    }
  })();
  for (let i = 0; i < 50; i++) {
    assert.equal(await world.sim.mo(number(i), TO, 'STOP'), 'ESME_ROK');
    stopped.set(i, Date.now());
  }
  await sleep(100);
  stop = true;
  await load;
  await sleep(100);
  assert.deepEqual(late, []);
});
