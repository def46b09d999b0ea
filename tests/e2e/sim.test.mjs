// The carrier simulator and smpp-send themselves, seen by npm smpp: what the other tests rest on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bound, connect, statusName, textOf } from './lib/client.mjs';
import { programs, temporary } from './lib/place.mjs';
import { run } from './lib/process.mjs';
import { startSim } from './lib/sim.mjs';

const simulator = async (t, options) => startSim(t, await temporary(t), options);

test('accepts the three kinds of bind and refuses a second one', async (t) => {
  const sim = await simulator(t);
  for (const kind of ['transmitter', 'receiver', 'transceiver']) {
    const client = await connect(t, sim.port);
    const first = await client.bind(kind);
    assert.equal(first.command_status, 0);
    assert.equal(first.sc_interface_version, 0x34);
    assert.equal(statusName((await client.bind(kind)).command_status), 'ESME_RALYBND');
    await client.unbind();
  }
});

test('asks for credentials where it was told to', async (t) => {
  const sim = await simulator(t, { args: ['--system-id', 'shop', '--password', 'right'] });
  const status = async (fields) => {
    const client = await connect(t, sim.port);
    return statusName((await client.bind('transceiver', fields)).command_status);
  };
  assert.equal(await status({ system_id: 'else' }), 'ESME_RINVSYSID');
  assert.equal(await status({ system_id: 'shop', password: 'no' }), 'ESME_RINVPASWD');
  assert.equal(await status({ system_id: 'shop', password: 'right' }), 'ESME_ROK');
  await sim.set('bind-status', 'ESME_RBINDFAIL');
  assert.equal(await status({ system_id: 'shop', password: 'right' }), 'ESME_RBINDFAIL');
});

test('keeps what it receives, in every alphabet', async (t) => {
  const sim = await simulator(t);
  const client = await bound(t, sim.port, 'transmitter');
  // npm smpp writes the GSM alphabet and calls it 1, which is ASCII: 0 is what it means.
  const texts = [['Hello @ €', 0], ['Привет', 8], ['line\nand "quotes" \\', 0], ['é', 3]];
  for (const [text, coding] of texts) {
    const { status } = await client.submit('ACME', '14155550100', text, { data_coding: coding });
    assert.equal(status, 'ESME_ROK');
  }
  const received = await sim.received();
  assert.deepEqual(received.map((m) => m.text), texts.map(([text]) => text));
  assert.equal(received[0].from, 'ACME');
  assert.equal(received[0].to, '14155550100');
  assert.equal((await sim.count())['in.submit_sm'], 4);
});

test('sends receipts as asked: text, TLVs, data_sm, stat and err', async (t) => {
  const sim = await simulator(t);
  const client = await bound(t, sim.port);
  const send = () => client.submit('ACME', '14155550100', 'Reply STOP', { registered_delivery: 1 });

  const { id } = await send();
  const plain = await client.next();
  assert.equal(plain.esm_class, 4);
  assert.equal(plain.source_addr, '14155550100');
  assert.match(textOf(plain), new RegExp(
    `^id:${id} sub:001 dlvrd:001 submit date:\\d{10} done date:\\d{10} ` +
    'stat:DELIVRD err:000 [tT]ext:Reply STOP$'));

  await sim.set('receipt', 'tlv');
  await sim.set('stat', 'UNDELIV');
  await sim.set('err', '027');
  const second = await send();
  const tlvs = await client.next();
  assert.equal(textOf(tlvs), '');
  assert.equal(String(tlvs.receipted_message_id), second.id);
  assert.equal(tlvs.message_state, 5);
  assert.deepEqual([...tlvs.network_error_code], [3, 0, 27]);

  await sim.set('receipt', 'both');
  await sim.set('receipt-pdu', 'data_sm');
  await send();
  assert.equal((await client.next('data_sm')).message_state, 5);

  await sim.set('receipt', 'none');
  const third = await send();
  await sim.set('receipt', 'text');
  await sim.set('receipt-pdu', 'deliver_sm');
  await sim.receipt(third.id, 'EXPIRED', '011');
  assert.match(textOf(await client.next()), /stat:EXPIRED err:011/);
});

test('keeps receipts until somebody of the account can receive', async (t) => {
  const sim = await simulator(t);
  const sender = await bound(t, sim.port, 'transmitter');
  await sender.submit('ACME', '14155550100', 'x', { registered_delivery: 1 });
  await bound(t, sim.port, 'receiver', { system_id: 'other' });
  const receiver = await bound(t, sim.port, 'receiver');
  assert.match(textOf(await receiver.next()), /stat:DELIVRD/);
});

test('sends messages of handsets and says how they were answered', async (t) => {
  const sim = await simulator(t);
  await assert.rejects(sim.mo('14155550100', '55512', 'STOP'), /no session/);
  const answers = { STOP: undefined, no: 0x64, mute: null };
  const client = await bound(t, sim.port, 'receiver', {},
    { answer: (pdu) => answers[textOf(pdu)] });
  assert.equal(await sim.mo('14155550100', '55512', 'STOP'), 'ESME_ROK');
  const stop = await client.next();
  assert.equal(stop.source_addr, '14155550100');
  assert.equal(stop.dest_addr_ton, 0);
  assert.equal(await sim.mo('14155550100', '55512', 'no'), 'ESME_RX_T_APPN');
  await sim.set('timeout', '50ms');
  assert.equal(await sim.mo('14155550100', '55512', 'mute'), 'timeout');
  await sim.set('timeout', '20s');

  client.incoming.length = 0;
  await sim.mo('14155550100', '55512', 'стоп');
  assert.equal((await client.next()).data_coding, 8);
  await sim.mo('14155550100', '55512', 'é', { coding: 3 });
  assert.equal(textOf(await client.next()), 'é');
  await sim.mo('14155550100', '55512', 'STOP', { dataSm: true });
  assert.equal(textOf(await client.next('data_sm')), 'STOP');
  await sim.moHex('14155550100', '55512', 4, 0x40, Buffer.from('0500030702015354', 'hex'));
  assert.equal((await client.next()).esm_class, 0x40);
  assert.equal(await sim.mo('14155550100', '55512', 'long '.repeat(50)), 'ESME_ROK ESME_ROK');
});

test('refuses, for so many messages as was said', async (t) => {
  const sim = await simulator(t);
  const client = await bound(t, sim.port);
  await sim.set('status', 'ESME_RTHROTTLED 2');
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await client.submit('A', '14155550100', 'x')).status);
  assert.deepEqual(statuses, ['ESME_RTHROTTLED', 'ESME_RTHROTTLED', 'ESME_ROK']);
});

test('answers twice, in reverse order, late, or not at all', async (t) => {
  const sim = await simulator(t);
  const client = await bound(t, sim.port);
  const answers = [];
  client.session.on('submit_sm_resp', (pdu) => answers.push(pdu.sequence_number));
  const send = () =>
    client.start('submit_sm', { source_addr: 'A', destination_addr: '1', short_message: 'x' });

  await sim.set('mode', 'reverse');
  const sent = [send(), send(), send()];
  await Promise.all(sent.map(({ promise }) => promise));
  assert.deepEqual(answers, sent.map(({ pdu }) => pdu.sequence_number).reverse());

  await sim.set('mode', 'twice');
  answers.length = 0;
  await send().promise;
  await client.request('enquire_link');
  assert.equal(answers.length, 2);

  await sim.set('mode', 'silent');
  answers.length = 0;
  send();
  await client.request('enquire_link');
  await sim.wait(5);
  assert.equal(answers.length, 0);

  await sim.set('mode', 'normal');
  await sim.set('delay', '100ms');
  const late = send();
  await client.request('enquire_link');
  assert.equal(answers.length, 0);
  await late.promise;
});

test('answers every other request of the standard', async (t) => {
  const sim = await simulator(t);
  const client = await bound(t, sim.port);
  const { id } = await client.submit('A', '14155550100', 'x');
  const query = await client.request('query_sm', { message_id: id });
  assert.equal(query.command_status, 0);
  assert.equal(query.message_state, 2);
  const status = async (command, fields) =>
    statusName((await client.request(command, fields)).command_status);
  assert.equal(await status('query_sm', { message_id: 'nobody' }), 'ESME_RINVMSGID');
  assert.equal(await status('replace_sm', { message_id: id, short_message: 'y' }), 'ESME_ROK');
  assert.equal(await status('cancel_sm', { message_id: id }), 'ESME_ROK');
  assert.equal(await status('cancel_sm', { message_id: 'nobody' }), 'ESME_RCANCELFAIL');

  await sim.set('unsuccess', '14155550102');
  const multi = await client.request('submit_multi', {
    source_addr: 'A',
    dest_address: ['14155550101', '14155550102'].map((n) => ({
      dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: n })),
    short_message: 'x',
  });
  assert.equal(multi.command_status, 0);
  assert.equal(multi.unsuccess_sme.length, 1);
  assert.equal(multi.unsuccess_sme[0].destination_addr, '14155550102');
});

test('drops, unbinds and enquires on command', async (t) => {
  const sim = await simulator(t);
  const client = await bound(t, sim.port, 'transceiver', { system_id: 'one' });
  const other = await bound(t, sim.port, 'transceiver', { system_id: 'two' });
  assert.deepEqual(await sim.command('@one', 'enquire'), ['enquire_link_resp ESME_ROK']);
  await sim.command('@one', 'unbind');
  await client.closed;
  assert.equal(other.isClosed, false);
  await sim.command('drop');
  await other.closed;
  assert.deepEqual(await sim.sessions(), []);
});

test('survives garbage', async (t) => {
  const sim = await simulator(t);
  const client = await connect(t, sim.port);
  client.write('GET / HTTP/1.0\r\n\r\n');
  await client.closed;
  const healthy = await bound(t, sim.port);
  assert.equal((await healthy.submit('A', '1', 'x')).status, 'ESME_ROK');
});

test('smpp-send says what became of the message', async (t) => {
  const sim = await simulator(t);
  const send = (...args) => run(programs.send, ['--to', `127.0.0.1:${sim.port}`, ...args]);
  const sent = await send('--receipt', '--listen', '1', 'ACME', '+14155550100', 'Hello', 'there');
  assert.match(sent.stdout,
    /^ESME_ROK message_id=(\d+)\nreceipt: DELIVRD err=000 message_id=\1\n$/);
  assert.equal(sent.code, 0);
  const [message] = await sim.received();
  assert.equal(message.to, '+14155550100');
  assert.equal(message.text, 'Hello there');
  assert.equal(message.hex, Buffer.from('Hello there').toString('hex'));
  await send('ACME', '14155550100', '@ €[é');
  assert.equal((await sim.received()).at(-1).hex, '00201b651b3c05');

  await sim.set('status', 'ESME_RINVDSTADR');
  const refused = await send('ACME', '14155550100', 'x');
  assert.equal(refused.stdout, 'refused: ESME_RINVDSTADR (0x0000000B)\n');
  assert.equal(refused.code, 1);
  await sim.set('bind-status', 'ESME_RINVPASWD');
  const unbound = await send('ACME', '14155550100', 'x');
  assert.equal(unbound.stdout, 'bind refused: ESME_RINVPASWD (0x0000000E)\n');
  assert.equal((await run(programs.send, ['--to', '127.0.0.1:1', 'A', '1', 'x'])).code, 2);
  assert.equal((await run(programs.send, ['A'])).code, 2);
});
