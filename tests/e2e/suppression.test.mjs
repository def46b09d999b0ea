// No message leaves for a suppressed number, in whichever spelling and by whichever command.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusName, textOf } from './lib/client.mjs';
import { eventsOf, put } from './lib/evidence.mjs';
import { sleep, until } from './lib/place.mjs';
import { startWorld } from './lib/world.mjs';

const programs = [
  { name: 'shop', senders: ['12025550100', 'ACME'], region: 'US' },
  { name: 'bank', senders: ['12025550101'], region: 'US' },
  { name: 'laden', senders: ['4930123456'], region: 'DE' },
];

test('every spelling of a suppressed number is refused, and nothing of it reaches the carrier', async (t) => {
  const world = await startWorld(t);
  await put(world.redis, 'optout', 14155550100, 6561234567, 442071234567);
  const client = await world.bind('transmitter');
  const spellings = ['14155550100', '+14155550100', '4155550100', '0014155550100',
    '011 1 415-555-0100', '+1 (415) 555-0100', '1.415.555.0100', '(415) 555-0100',
    '１４１５５５５０１００', 'tel:+1-415-555-0100', '14155550100;ext=1', '14155550100x', '+1415555\u00a00100',
    '656 123 4567', '+65 6123 4567', '0116561234567',
    '+44 (0)20 7123 4567', '4402071234567', '00442071234567', '011442071234567'];
  for (const to of spellings) {
    for (const [ton, npi] of [[0, 0], [1, 1], [2, 1], [5, 9], [3, 8]]) {
      const { status } = await client.submit('12025550100', to, 'hi',
        { dest_addr_ton: ton, dest_addr_npi: npi });
      assert.equal(status, 'ESME_RINVDSTADR', `${to} as ${ton}/${npi}`);
    }
  }
  for (const to of ['14155550101', '4155550102', '+442071234568'])
    assert.equal((await client.submit('12025550100', to, 'hi')).status, 'ESME_ROK', to);
  assert.equal((await world.sim.received()).length, 3);
});

test('an address that cannot be read is no way around', async (t) => {
  const world = await startWorld(t);
  const client = await world.bind('transmitter');
  for (const to of ['', 'ACME', '+', '---'])
    assert.equal((await client.submit('12025550100', to, 'hi')).status, 'ESME_RINVDSTADR', to);
  assert.equal((await client.submit('12025550100', '55512', 'hi')).status, 'ESME_ROK');
});

test('data_sm is checked too', async (t) => {
  const world = await startWorld(t);
  await put(world.redis, 'bounced', 14155550100);
  const client = await world.bind('transmitter');
  const send = async (to) => statusName((await client.request('data_sm', { source_addr: '12025550100',
    destination_addr: to, message_payload: 'hi' })).command_status);
  assert.equal(await send('4155550100'), 'ESME_RINVDSTADR');
  assert.equal(await send('4155550101'), 'ESME_ROK');
});

test('submit_multi goes out without suppressed destinations and says which', async (t) => {
  const world = await startWorld(t);
  await put(world.redis, 'optout', 14155550100, 14155550102);
  const client = await world.bind('transmitter');
  const send = (...numbers) => client.request('submit_multi', {
    source_addr: '12025550100', short_message: 'hi',
    dest_address: numbers.map((n) => ({ dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: n })),
  });
  const some = await send('+14155550100', '14155550101', '4155550102', '14155550103');
  assert.equal(statusName(some.command_status), 'ESME_ROK');
  assert.notEqual(some.message_id, '');
  assert.deepEqual(some.unsuccess_sme.map((u) => u.destination_addr), ['+14155550100', '4155550102']);
  assert.ok(some.unsuccess_sme.every((u) => statusName(u.error_status_code) === 'ESME_RINVDSTADR'));
  const [got] = await world.sim.received();
  assert.match(got.to, /14155550101.*14155550103/);
  assert.doesNotMatch(JSON.stringify(got.to), /0100|0102/);

  const none = await send('14155550100', '14155550102');
  assert.equal(statusName(none.command_status), 'ESME_RINVDSTADR');
  assert.equal(none.unsuccess_sme.length, 2);
  const all = await send('14155550101', '14155550103');
  assert.equal(statusName(all.command_status), 'ESME_ROK');
  assert.deepEqual(all.unsuccess_sme, []);
  assert.equal((await world.sim.received()).length, 2);

  const many = await send(...Array.from({ length: 254 }, (_, i) => String(14155550000 + i)));
  assert.deepEqual(many.unsuccess_sme.map((u) => u.destination_addr), ['14155550100', '14155550102']);
});

test('the status is the operator\'s', async (t) => {
  for (const [status, expected] of [['ESME_RTHROTTLED', 0x58], ['0x0401', 0x401], [69, 69]]) {
    const world = await startWorld(t, { change: (conf) => (conf.outbound[0].status = status) });
    await put(world.redis, 'optout', 14155550100);
    const client = await world.bind('transmitter');
    assert.equal((await client.submit('ACME', '14155550100', 'hi')).pdu.command_status, expected);
  }
});

test('answer: accept gives an id of ours and, where asked for, a receipt', async (t) => {
  const world = await startWorld(t, { change: (conf) => (conf.outbound[0].answer = 'accept') });
  await put(world.redis, 'optout', 14155550100);
  const client = await world.bind('transceiver');
  const quiet = await client.submit('ACME', '14155550100', 'hi');
  assert.equal(quiet.status, 'ESME_ROK');
  assert.match(quiet.id, /^\d{18}$/);
  const { status, id } = await client.submit('ACME', '4155550100', 'hi', { registered_delivery: 1 });
  assert.equal(status, 'ESME_ROK');
  assert.notEqual(id, quiet.id);
  const receipt = await client.next();
  assert.equal(receipt.esm_class, 4);
  assert.equal(receipt.source_addr, '4155550100');
  assert.equal(receipt.destination_addr, 'ACME');
  assert.match(textOf(receipt), new RegExp(
    `^id:${id} sub:001 dlvrd:000 submit date:\\d{10} done date:\\d{10} stat:REJECTD err:000`));
  assert.equal(receipt.receipted_message_id, id);
  assert.equal(receipt.message_state, 8);
  assert.equal((await world.sim.received()).length, 0);

  // The receipt of a transmitter goes to a receiver of the same system_id, now or later.
  const sender = await world.bind('transmitter', { system_id: 'pair' });
  const sent = await sender.submit('ACME', '14155550100', 'hi', { registered_delivery: 1 });
  await sleep(50);
  const receiver = await world.bind('receiver', { system_id: 'pair' });
  assert.equal((await receiver.next()).receipted_message_id, sent.id);
  assert.deepEqual(client.incoming, []);
});

test('mode: monitor counts and records what it would have done', async (t) => {
  const world = await startWorld(t, { change: (conf) => (conf.outbound[0].mode = 'monitor') });
  await put(world.redis, 'optout', 14155550100);
  const client = await world.bind('transmitter');
  assert.equal((await client.submit('ACME', '14155550100', 'hi')).status, 'ESME_ROK');
  const multi = await client.request('submit_multi', { source_addr: 'ACME', short_message: 'hi',
    dest_address: [{ destination_addr: '14155550100' }, { destination_addr: '14155550101' }] });
  assert.deepEqual(multi.unsuccess_sme, []);
  assert.equal((await world.sim.received()).length, 2);
  const [event] = await eventsOf(world.dir, 'blocked');
  assert.deepEqual([event.number, event.mode, event.list], ['14155550100', 'monitor', 'optout']);
  await until(async () =>
    (await world.stopgate.metrics())['stopgate_filter_monitored_total{filter="suppression",direction="outbound"}'] === 2);
});

test('a program\'s list blocks its senders only; its region reads its numbers', async (t) => {
  const world = await startWorld(t, { change: (conf) => (conf.programs = programs) });
  await put(world.redis, 'optout:shop', 14155550100);
  await put(world.redis, 'optout', 4915112345678);
  const client = await world.bind('transmitter');
  const status = async (from, to) => (await client.submit(from, to, 'hi')).status;
  assert.equal(await status('12025550100', '14155550100'), 'ESME_RINVDSTADR');
  assert.equal(await status('+1 202 555 0100', '4155550100'), 'ESME_RINVDSTADR');
  assert.equal(await status('acme', '4155550100'), 'ESME_RINVDSTADR');
  assert.equal(await status('12025550101', '14155550100'), 'ESME_ROK');
  assert.equal(await status('OTHER', '14155550100'), 'ESME_ROK');
  assert.equal(await status('4930123456', '015112345678'), 'ESME_RINVDSTADR');
  assert.equal(await status('4930123456', '15112345678'), 'ESME_RINVDSTADR');
});

test('blocked events: the first at once, the rest of a minute as a count', async (t) => {
  const world = await startWorld(t);
  await put(world.redis, 'optout', 14155550100);
  const client = await world.bind('transmitter');
  for (let i = 0; i < 30; i++) await client.submit('ACME', '14155550100', 'hi');
  const events = await eventsOf(world.dir, 'blocked');
  assert.equal(events.length, 1);
  await world.stopgate.stop();
  const after = await eventsOf(world.dir, 'blocked', 2);
  assert.equal(after[0].count ?? 1, 1);
  assert.equal(after.reduce((n, e) => n + (e.count ?? 1), 0), 30);
});

test('a reload changes the rules of the next message and keeps the binds', async (t) => {
  const world = await startWorld(t);
  await put(world.redis, 'extra', 14155550100);
  const client = await world.bind('transmitter');
  assert.equal((await client.submit('ACME', '14155550100', 'hi')).status, 'ESME_ROK');
  await world.stopgate.reload((conf) => conf.outbound[0].lists.push('extra'), /configuration reloaded/);
  assert.equal((await client.submit('ACME', '14155550100', 'hi')).status, 'ESME_RINVDSTADR');
  await world.stopgate.reload((conf) => (conf.outbound[0].lists = 'nonsense: {'), /refused/);
  assert.equal((await client.submit('ACME', '14155550100', 'hi')).status, 'ESME_RINVDSTADR');
});

test('checks of many messages go to Redis in few writes', async (t) => {
  const world = await startWorld(t);
  const client = await world.bind('transmitter');
  const before = Number(/total_reads_processed:(\d+)/.exec(await world.redis.cli('info', 'stats'))[1]);
  const sent = Array.from({ length: 500 }, (_, i) => client.start('submit_sm', {
    source_addr: 'ACME', destination_addr: String(14155550000 + i), short_message: 'x' }).promise);
  await Promise.all(sent);
  const after = Number(/total_reads_processed:(\d+)/.exec(await world.redis.cli('info', 'stats'))[1]);
  assert.ok(after - before < 250, `${after - before} reads for 500 messages`);
});
