// The life of a session: binds, the carrier away or lost, the sender gone, unbind from each end,
// link keeping, and what does not speak SMPP.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { startLine } from './lib/line.mjs';
import { freePort, sleep, until } from './lib/place.mjs';
import { bindBody, cstring, hex, messageBody, pdu, rawCarrier } from './lib/raw.mjs';

const ESME = { ROK: 0, RINVMSGLEN: 1, RINVCMDLEN: 2, RINVCMDID: 3, RINVBNDSTS: 4, RALYBND: 5,
  RSYSERR: 8, RBINDFAIL: 0x0d, RINVPASWD: 0x0e, RX_T_APPN: 0x64, RINVTLVSTREAM: 0xc0 };

const status = async (peer, name) => (await peer.next(name)).status;

test('before a bind only binds and link keeping are answered well', async (t) => {
  const line = await startLine(t);
  const sender = await line.sender();
  sender.send('enquire_link', { sequence: 1 });
  assert.equal(await status(sender, 'enquire_link_resp'), ESME.ROK);
  for (const command of ['submit_sm', 'data_sm', 'submit_multi', 'query_sm', 'deliver_sm']) {
    sender.send(command, { sequence: 2, body: messageBody() });
    const got = await sender.next(`${command}_resp`);
    assert.deepEqual([got.status, got.sequence], [ESME.RINVBNDSTS, 2]);
  }
  sender.send(0x00020000, { sequence: 3 });
  assert.equal(await status(sender, 'generic_nack'), ESME.RINVCMDID);
  sender.send('bind_transceiver', { sequence: 4, body: Buffer.from('no end') });
  assert.equal(await status(sender, 'bind_transceiver_resp'), ESME.RINVCMDLEN);
  sender.send('bind_transceiver', { sequence: 5, body: bindBody() });
  assert.equal(await status(sender, 'bind_transceiver_resp'), ESME.ROK);
  assert.equal(line.carrier.peers.length, 1, 'nothing reached the carrier before');
});

test('what the bind does not allow gets the standard status', async (t) => {
  const line = await startLine(t);
  const receiver = await line.pair('bind_receiver');
  for (const command of ['submit_sm', 'data_sm', 'submit_multi', 'query_sm', 'replace_sm']) {
    receiver.sender.send(command, { sequence: 2, body: messageBody() });
    assert.equal(await status(receiver.sender, `${command}_resp`), ESME.RINVBNDSTS, command);
  }
  for (const kind of ['bind_transmitter', 'bind_transceiver']) {
    const { sender, carrier } = await line.pair(kind);
    sender.send('bind_transceiver', { sequence: 3, body: bindBody() });
    assert.equal(await status(sender, 'bind_transceiver_resp'), ESME.RALYBND);
    sender.send('deliver_sm', { sequence: 4, body: messageBody() });
    assert.equal(await status(sender, 'deliver_sm_resp'), ESME.RINVBNDSTS);
    sender.send('submit_sm', { sequence: 5, body: messageBody() });
    await carrier.next('submit_sm');
  }
});

test('PDUs that cannot be read are refused, and the session goes on', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  const broken = [
    [Buffer.alloc(0), ESME.RINVCMDLEN],
    [Buffer.alloc(60, 0x31), ESME.RINVCMDLEN],
    [messageBody({ smLength: 200 }), ESME.RINVMSGLEN],
    [messageBody({ tlvs: hex('0424ffff61') }), ESME.RINVTLVSTREAM],
  ];
  for (const [body, expected] of broken) {
    sender.send('submit_sm', { sequence: 8, body });
    const got = await sender.next('submit_sm_resp');
    assert.deepEqual([got.status, got.sequence], [expected, 8]);
    carrier.send('deliver_sm', { sequence: 9, body });
    assert.equal(await status(carrier, 'deliver_sm_resp'), expected);
  }
  sender.send('submit_sm', { sequence: 10, body: messageBody() });
  await carrier.next('submit_sm');
});

test('a carrier that refuses the bind: its answer, and another try on the same connection', async (t) => {
  const line = await startLine(t, { carrier: { autoBind: false } });
  const sender = await line.sender();
  for (const [i, expected] of [ESME.RINVPASWD, ESME.RALYBND, ESME.ROK].entries()) {
    sender.send('bind_transmitter', { sequence: i, body: bindBody() });
    const carrier = await line.carrier.peer(i);
    const bind = await carrier.next('bind_transmitter');
    carrier.send('bind_transmitter_resp', { sequence: bind.sequence, status: expected });
    const got = await sender.next('bind_transmitter_resp');
    assert.deepEqual([got.status, got.sequence], [expected, i]);
  }
  sender.send('submit_sm', { sequence: 9, body: messageBody() });
  await (await line.carrier.peer(2)).next('submit_sm');
});

test('a carrier away at bind: the next address, then ESME_RBINDFAIL', async (t) => {
  const second = await rawCarrier(t);
  const silent = await rawCarrier(t, { autoBind: false });
  const line = await startLine(t, {
    change: (conf) => {
      conf.carriers[0].addresses = ['tcp://127.0.0.1:1',
        silent.address, second.address];
      conf.carriers[0].bind_timeout = '300ms';
    },
  });
  const sender = await line.sender();
  sender.send('bind_transceiver', { sequence: 1, body: bindBody() });
  assert.equal(await status(sender, 'bind_transceiver_resp'), ESME.ROK);
  assert.equal(second.peers.length, 1);
  await second.stop();
  const other = await line.sender();
  other.send('bind_transceiver', { sequence: 2, body: bindBody() });
  const got = await other.next('bind_transceiver_resp');
  assert.deepEqual([got.status, got.sequence], [ESME.RBINDFAIL, 2]);
});

test('requests sent behind the bind wait for its answer', async (t) => {
  const line = await startLine(t, { carrier: { autoBind: false } });
  const sender = await line.sender();
  sender.write(Buffer.concat([pdu('bind_transceiver', { sequence: 1, body: bindBody() }),
    pdu('submit_sm', { sequence: 2, body: messageBody() })]));
  const carrier = await line.carrier.peer();
  const bind = await carrier.next('bind_transceiver');
  await sleep(50);
  assert.deepEqual(carrier.pdus, []);
  // A carrier delivers what has waited at once.
  carrier.write(Buffer.concat([
    pdu('bind_transceiver_resp', { sequence: bind.sequence, body: cstring('x') }),
    pdu('deliver_sm', { sequence: 1, body: messageBody({ from: '14155550100' }) })]));
  await sender.next('bind_transceiver_resp');
  await sender.next('deliver_sm');
  await carrier.next('submit_sm');
});

test('a bind_resp under a number of the carrier\'s own; what comes before it is to come again', async (t) => {
  const line = await startLine(t, { carrier: { autoBind: false } });
  const sender = await line.sender();
  sender.send('bind_transceiver', { sequence: 31, body: bindBody() });
  const carrier = await line.carrier.peer();
  await carrier.next('bind_transceiver');
  carrier.send('deliver_sm', { sequence: 1, body: messageBody({ from: '14155550100', text: 'STOP' }) });
  assert.equal(await status(carrier, 'deliver_sm_resp'), ESME.RX_T_APPN);
  carrier.send('bind_transceiver_resp', { sequence: 4711, body: cstring('own') });
  assert.equal((await sender.next('bind_transceiver_resp')).sequence, 31);
});

test('unbind from either end goes through both', async (t) => {
  const line = await startLine(t, { carrier: { autoUnbind: false } });
  for (const fromSender of [true, false]) {
    const { sender, carrier } = await line.pair();
    const [from, to] = fromSender ? [sender, carrier] : [carrier, sender];
    from.send('unbind', { sequence: 77 });
    const got = await to.next('unbind');
    to.send('unbind_resp', { sequence: got.sequence });
    const back = await from.next('unbind_resp');
    assert.deepEqual([back.status, back.sequence], [ESME.ROK, 77]);
    await from.isClosed();
    await to.isClosed();
    assert.equal(from.reset, false);
  }
});

test('an unbind overtakes nothing, and a carrier that closes instead still gets it answered', async (t) => {
  const line = await startLine(t, { carrier: { autoUnbind: false } });
  const { sender, carrier } = await line.pair();
  sender.write(Buffer.concat([...Array(50).keys()].map((i) =>
    pdu('submit_sm', { sequence: i + 1, body: messageBody() })).concat(pdu('unbind', { sequence: 99 }))));
  await carrier.next('unbind');
  assert.equal(carrier.pdus.filter((p) => p.name === 'submit_sm').length, 50);
  carrier.end();
  const back = await sender.next('unbind_resp');
  assert.deepEqual([back.status, back.sequence], [ESME.ROK, 99]);
});

test('a sender that is gone: what it sent goes on, then the carrier is unbound', async (t) => {
  const line = await startLine(t);
  for (const how of ['end', 'destroy', 'resetAndDestroy']) {
    const { sender, carrier } = await line.pair();
    sender.send('submit_sm', { sequence: 1, body: messageBody() });
    if (how === 'resetAndDestroy') await carrier.next('submit_sm');
    sender.socket[how]();
    await until(() => carrier.unbind, `unbind after ${how}`);
    if (how !== 'resetAndDestroy') await carrier.next('submit_sm');
    await carrier.isClosed();
  }
});

test('a sender that closes its half still reads its answers', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  sender.send('submit_sm', { sequence: 5, body: messageBody() });
  sender.end();
  const got = await carrier.next('submit_sm');
  carrier.send('submit_sm_resp', { sequence: got.sequence, body: cstring('id') });
  assert.equal((await sender.next('submit_sm_resp')).sequence, 5);
});

test('a sender that goes while its bind is on the way leaves no bind behind', async (t) => {
  const line = await startLine(t, { carrier: { autoBind: false } });
  const sender = await line.sender();
  sender.send('bind_transceiver', { body: bindBody() });
  const carrier = await line.carrier.peer();
  const bind = await carrier.next('bind_transceiver');
  sender.destroy();
  carrier.send('bind_transceiver_resp', { sequence: bind.sequence, body: cstring('x') });
  await until(() => carrier.unbind, 'unbind');
  await carrier.isClosed();
});

test('a carrier that is lost: what was sent stays open, what comes now is refused, unbind', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  sender.send('submit_sm', { sequence: 1, body: messageBody() });
  const first = await carrier.next('submit_sm');
  sender.send('submit_sm', { sequence: 2, body: messageBody() });
  await carrier.next('submit_sm');
  // The last answer and the end arrive together.
  carrier.send('submit_sm_resp', { sequence: first.sequence, body: cstring('one') });
  carrier.end();
  assert.equal((await sender.next('submit_sm_resp')).sequence, 1);
  const unbind = await sender.next('unbind');
  sender.send('submit_sm', { sequence: 3, body: messageBody() });
  const refused = await sender.next('submit_sm_resp');
  assert.deepEqual([refused.status, refused.sequence], [ESME.RSYSERR, 3]);
  sender.send('unbind_resp', { sequence: unbind.sequence });
  await sender.isClosed();
  assert.deepEqual(sender.pdus, []);
});

test('idle ends are asked, and one that does not answer is dropped', async (t) => {
  const line = await startLine(t, {
    change: (conf) => {
      Object.assign(conf.carriers[0], { enquire_link: '200ms', enquire_timeout: '300ms' });
      Object.assign(conf.listeners[0], { enquire_link: '200ms', enquire_timeout: '300ms' });
    },
  });
  const answer = (peer) => (p) => {
    if (p.name !== 'enquire_link') return false;
    peer.asked = (peer.asked ?? 0) + 1;
    peer.send('enquire_link_resp', { sequence: p.sequence });
    return true;
  };
  const good = await line.pair();
  good.sender.onPdu = answer(good.sender);
  good.carrier.onPdu = answer(good.carrier);
  const deafSender = await line.pair();
  deafSender.carrier.onPdu = answer(deafSender.carrier);
  const deafCarrier = await line.pair();
  deafCarrier.sender.onPdu = answer(deafCarrier.sender);
  await deafSender.sender.isClosed();
  await deafCarrier.carrier.isClosed();
  await deafCarrier.sender.next('unbind');
  await until(() => good.sender.asked >= 3 && good.carrier.asked >= 3, 'link keeping');
  assert.equal(good.sender.closed || good.carrier.closed, false);
});

test('what is no SMPP gets a generic_nack and its end; others never notice', async (t) => {
  const line = await startLine(t);
  const other = await line.pair();
  const garbage = ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'AMQP\x00\x00\x09\x01',
    hex('00000000'), hex('0000000f80000000'), hex('7fffffff00000004'), hex('00000010')];
  for (const octets of garbage) {
    const stranger = await line.sender();
    stranger.write(octets);
    if (octets.length === 4 && octets[3] === 0x10) {
      stranger.end();
    } else {
      assert.equal(await status(stranger, 'generic_nack'), ESME.RINVCMDLEN);
    }
    await stranger.isClosed();
    const { sender, carrier } = await line.pair();
    sender.send('submit_sm', { sequence: 1, body: messageBody() });
    sender.write(octets);
    if (octets.length > 4) await sender.next('generic_nack');
    else sender.end();
    await sender.isClosed();
    await until(() => carrier.unbind, 'unbind at the carrier');
  }
  other.sender.send('submit_sm', { sequence: 1, body: messageBody() });
  await other.carrier.next('submit_sm');
});

test('garbage from a carrier ends that session only', async (t) => {
  const line = await startLine(t);
  const other = await line.pair();
  const { sender, carrier } = await line.pair();
  carrier.write(hex('000000001234'));
  assert.equal(await status(carrier, 'generic_nack'), ESME.RINVCMDLEN);
  await sender.next('unbind');
  await carrier.isClosed();
  other.sender.send('submit_sm', { sequence: 1, body: messageBody() });
  await other.carrier.next('submit_sm');
});

test('a health check that connects and closes makes no noise', async (t) => {
  const line = await startLine(t, { change: (conf) => (conf.log.level = 'info') });
  const before = line.stopgate.log.length;
  for (let i = 0; i < 20; i++) {
    const socket = net.connect(line.stopgate.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    if (i % 2) socket.resetAndDestroy();
    else socket.destroy();
  }
  await until(async () => (await line.stopgate.metrics()).stopgate_sessions === 0);
  assert.doesNotMatch(line.stopgate.log.slice(before), /session|peer/);
  assert.equal(line.carrier.peers.length, 0);
});

test('a connection that never binds is closed in time', async (t) => {
  const line = await startLine(t, { change: (conf) => (conf.listeners[0].bind_timeout = '300ms') });
  const slow = await line.sender();
  const body = bindBody();
  slow.write(pdu('bind_transceiver', { body }).subarray(0, 20));
  await slow.isClosed();
});

test('too many connections are closed at once', async (t) => {
  const line = await startLine(t, { change: (conf) => (conf.listeners[0].max_sessions = 2) });
  const first = await line.pair();
  await line.sender();
  const third = await line.sender();
  await third.isClosed();
  first.sender.send('enquire_link', {});
  await first.sender.next('enquire_link_resp');
});

test('a host that cannot be reached ends in ESME_RBINDFAIL', async (t) => {
  const port = await freePort();
  const line = await startLine(t, {
    change: (conf) => (conf.carriers[0].addresses = [`tcp://127.0.0.1:${port}`]),
  });
  const sender = await line.sender();
  for (let i = 1; i < 4; i++) {
    sender.send('bind_receiver', { sequence: i, body: bindBody() });
    assert.equal(await status(sender, 'bind_receiver_resp'), ESME.RBINDFAIL);
  }
  sender.send('unbind', { sequence: 9 });
  await sender.next('unbind_resp');
  await sender.isClosed();
});
