// What the filters pass goes through byte for byte but for the sequence number, both ways.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLine } from './lib/line.mjs';
import { cstring, hex, messageBody, pdu, tlv } from './lib/raw.mjs';

const vendorTlvs = Buffer.concat([
  tlv(0x1400, Buffer.from('1101\0')), tlv(0x1401, Buffer.from('1107\0')), tlv(0x0428, hex('01')),
  tlv(0x1503, hex('010203')), tlv(0x1400, Buffer.from('again')), tlv(0x0204, hex('0001')),
  tlv(0x3fff, Buffer.alloc(0)),
]);

const addresses = Buffer.concat([Buffer.of(1, 1), cstring('12025550100')]);
const multiBody = Buffer.concat([cstring(''), addresses, Buffer.of(2),
  Buffer.of(1, 1, 1), cstring('14155550100'), Buffer.of(1, 1, 1), cstring('14155550101'),
  Buffer.of(0, 0, 0), cstring(''), cstring(''), Buffer.of(0, 0, 0, 0, 2), Buffer.from('hi'),
  vendorTlvs]);

// Body of each request that a sender may send, and of a response to it.
const outbound = {
  submit_sm: messageBody({ tlvs: vendorTlvs, registered: 1, coding: 0xf5, esm: 0x40,
    text: hex('050003aa0201e4f6fc00') }),
  'submit_sm with message_payload': messageBody({ text: '', smLength: 0,
    tlvs: tlv(0x0424, Buffer.alloc(3000, 0x61)) }),
  'submit_sm with both texts': messageBody({ text: 'short', tlvs: tlv(0x0424, Buffer.from('long')) }),
  'submit_sm with a NUL behind the text': messageBody({ text: 'x', tlvs: Buffer.of(0) }),
  submit_multi: multiBody,
  data_sm: Buffer.concat([cstring('WAP'), addresses, Buffer.of(1, 1), cstring('14155550100'),
    Buffer.of(0, 1, 8), tlv(0x0424, hex('d83dded1')), vendorTlvs]),
  query_sm: Buffer.concat([cstring('0118Z-0122I-2309U-57DGB'), addresses]),
  replace_sm: Buffer.concat([cstring('812FC7470000001B'), addresses, cstring(''), cstring(''),
    Buffer.of(0, 0, 3), Buffer.from('new')]),
  cancel_sm: Buffer.concat([cstring(''), cstring('00B8BE19'), addresses, Buffer.of(1, 1),
    cstring('14155550100')]),
  broadcast_sm: Buffer.concat([cstring(''), addresses, hex('00000000000000'), vendorTlvs]),
  query_broadcast_sm: Buffer.concat([cstring('77'), addresses]),
  cancel_broadcast_sm: Buffer.concat([cstring(''), cstring('77'), addresses]),
};

const responses = [
  { body: cstring('0118Z-0122I-2309U-57DGB') },
  { body: Buffer.concat([cstring('x'.repeat(64)), tlv(0x0423, hex('030001')), vendorTlvs]) },
  { status: 0x58, body: Buffer.of(0) },
  { status: 0x400, body: Buffer.alloc(0) },
  { status: 0x0b, body: tlv(0x001d, Buffer.from('no such number')) },
];

const same = (got, sent) => {
  assert.deepEqual(got.octets.subarray(0, 12), sent.subarray(0, 12));
  assert.deepEqual(got.octets.subarray(16), sent.subarray(16));
};

test('requests of a sender and their responses', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  let sequence = 0x7fffff00;
  for (const [what, body] of Object.entries(outbound)) {
    const command = what.split(' ')[0];
    for (const answer of responses) {
      const sent = pdu(command, { sequence: (sequence += 3), body });
      sender.write(sent);
      const got = await carrier.next(command);
      same(got, sent);
      const response = pdu(`${command}_resp`, { sequence: got.sequence, ...answer });
      carrier.write(response);
      const back = await sender.next(`${command}_resp`);
      same(back, response);
      assert.equal(back.sequence, sequence, what);
    }
  }
});

test('vendor commands both ways, answered by a response of theirs or by generic_nack', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  const ways = [[sender, carrier], [carrier, sender]];
  for (const [from, to] of ways) {
    const sent = pdu(0x00010203, { sequence: 5, body: hex('deadbeef00'), status: 9 });
    from.write(sent);
    const got = await to.next('0x10203');
    same(got, sent);
    to.send(0x80010203, { sequence: got.sequence, body: hex('00ff') });
    const back = await from.next('0x80010203');
    assert.equal(back.sequence, 5);
    assert.deepEqual(back.body, hex('00ff'));

    from.write(sent);
    const again = await to.next('0x10203');
    to.send('generic_nack', { sequence: again.sequence, status: 3 });
    const nack = await from.next('generic_nack');
    assert.deepEqual([nack.sequence, nack.status], [5, 3]);
  }
});

test('what a carrier sends: deliver_sm, data_sm, alert_notification', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  const bodies = {
    deliver_sm: messageBody({ from: '14155550100', to: '12025550100', esm: 0x40, coding: 0x08,
      text: hex('050003aa0202 043f0440 04380432'), tlvs: vendorTlvs }),
    data_sm: outbound.data_sm,
  };
  for (const [command, body] of Object.entries(bodies)) {
    const sent = pdu(command, { sequence: 0, body });
    carrier.write(sent);
    const got = await sender.next(command);
    same(got, sent);
    sender.send(`${command}_resp`, { sequence: got.sequence, status: 0x64, body: cstring('') });
    const back = await carrier.next(`${command}_resp`);
    assert.deepEqual([back.sequence, back.status], [0, 0x64]);
  }
  const alert = pdu('alert_notification', { sequence: 9,
    body: Buffer.concat([addresses, addresses, tlv(0x0422, hex('00'))]) });
  carrier.write(alert);
  same(await sender.next('alert_notification'), alert);
});

test('sequence numbers of any kind come back as they were', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  const sequences = [0, 0xffffffff, 0x80000000, 5, 5, 5, 1];
  for (const sequence of sequences)
    sender.send('submit_sm', { sequence, body: messageBody() });
  const got = [];
  for (let i = 0; i < sequences.length; i++) got.push(await carrier.next('submit_sm'));
  const numbers = got.map((p) => p.sequence);
  assert.equal(new Set(numbers).size, numbers.length, 'distinct towards the carrier');
  assert.ok(numbers.every((n) => n >= 1 && n <= 0x7fffffff));
  got.reverse().forEach((p, i) =>
    carrier.send('submit_sm_resp', { sequence: p.sequence, body: cstring(`id${i}`) }));
  for (let i = 0; i < sequences.length; i++) {
    const back = await sender.next('submit_sm_resp');
    assert.equal(back.sequence, sequences[sequences.length - 1 - i]);
    assert.equal(back.body.toString('latin1'), `id${i}\0`);
  }
});

test('both directions count by themselves; crossing numbers are told apart', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  sender.send('submit_sm', { sequence: 3, body: messageBody() });
  const out = await carrier.next('submit_sm');
  carrier.send('deliver_sm', { sequence: out.sequence,
    body: messageBody({ from: '14155550100', to: '12025550100' }) });
  const into = await sender.next('deliver_sm');
  sender.send('enquire_link', { sequence: 3 });
  assert.equal((await sender.next('enquire_link_resp')).sequence, 3);
  sender.send('deliver_sm_resp', { sequence: into.sequence, body: cstring('') });
  carrier.send('submit_sm_resp', { sequence: out.sequence, body: cstring('ok') });
  assert.equal((await carrier.next('deliver_sm_resp')).sequence, out.sequence);
  assert.equal((await sender.next('submit_sm_resp')).sequence, 3);
});

test('responses late, twice or to nothing are swallowed; another command id passes', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  sender.send('submit_sm', { sequence: 11, body: messageBody() });
  const got = await carrier.next('submit_sm');
  carrier.send('submit_sm_resp', { sequence: 4711, body: cstring('invented') });
  carrier.send('data_sm_resp', { sequence: got.sequence, status: 3 });
  carrier.send('submit_sm_resp', { sequence: got.sequence, body: cstring('twice') });
  carrier.send('generic_nack', { sequence: 0, status: 2 });
  const nack = await sender.next('generic_nack');
  assert.deepEqual([nack.sequence, nack.status], [0, 2]);
  const back = await sender.next('data_sm_resp');
  assert.deepEqual([back.sequence, back.status], [11, 3]);
  assert.deepEqual(sender.pdus, []);
});

test('a response of another kind under the same number takes nobody\'s place', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  sender.send('submit_sm', { sequence: 11, body: messageBody() });
  const out = await carrier.next('submit_sm');
  for (const other of ['enquire_link_resp', 'unbind_resp', 'bind_transceiver_resp', 'deliver_sm_resp', 'query_sm_resp'])
    carrier.send(other, { sequence: out.sequence });
  carrier.send('submit_sm_resp', { sequence: out.sequence, body: cstring('real') });
  const back = await sender.next('submit_sm_resp');
  assert.deepEqual([back.sequence, back.body.toString('latin1')], [11, 'real\0']);
  carrier.send('deliver_sm', { sequence: 4, body: messageBody({ from: '14155550100' }) });
  const into = await sender.next('deliver_sm');
  for (const other of ['enquire_link_resp', 'submit_sm_resp'])
    sender.send(other, { sequence: into.sequence });
  sender.send('deliver_sm_resp', { sequence: into.sequence, status: 0x64, body: cstring('') });
  assert.equal((await carrier.next('deliver_sm_resp')).status, 0x64);
  assert.deepEqual([...sender.pdus, ...carrier.pdus], []);
});

test('PDUs split at every octet', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  const sent = pdu('submit_sm', { sequence: 21, body: messageBody({ tlvs: vendorTlvs }) });
  for (const octet of sent) {
    sender.write(Buffer.of(octet));
    await new Promise(setImmediate);
  }
  same(await carrier.next('submit_sm'), sent);
});

test('a bind goes through with its versions, lengths and TLVs', async (t) => {
  for (const version of [0x00, 0x03, 0x33, 0x34, 0x50]) {
    const line = await startLine(t, { carrier: { autoBind: false } });
    for (const kind of ['bind_transmitter', 'bind_receiver', 'bind_transceiver']) {
      const before = line.carrier.peers.length;
      const sender = await line.sender();
      const body = Buffer.concat([cstring('a-system-id-of-32-octets-and-more'),
        cstring('password-longer-than-8'), cstring('type'), Buffer.of(version, 5, 1),
        cstring('^1202'), tlv(0x1402, hex('ff'))]);
      const sent = pdu(kind, { sequence: 99, body });
      sender.write(sent);
      const carrier = await line.carrier.peer(before);
      const got = await carrier.next(kind);
      same(got, sent);
      // Some carriers send enquire_link before they answer.
      carrier.send('enquire_link', { sequence: 1 });
      await carrier.next('enquire_link_resp');
      const answer = pdu(`${kind}_resp`, { sequence: got.sequence,
        body: Buffer.concat([cstring('smsc'), tlv(0x0210, Buffer.of(version)), vendorTlvs]) });
      carrier.write(answer);
      const back = await sender.next(`${kind}_resp`);
      same(back, answer);
      assert.equal(back.sequence, 99);
    }
  }
});
