// Many outstanding, slow readers, draining: nothing lost, nothing doubled, nothing out of order,
// memory bounded.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { startLine } from './lib/line.mjs';
import { sleep, until } from './lib/place.mjs';
import { cstring, messageBody, pdu, rawSender } from './lib/raw.mjs';

const MIB = 1024 * 1024;

const rss = async (line) => {
  const text = await readFile(`/proc/${line.stopgate.child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(text)[1]) * 1024;
};

const textOf = (p) => {
  const end = p.body.length;
  return p.body.subarray(end - 8).toString('latin1');
};
const mark = (i) => String(i).padStart(8, '0');
const submit = (i, sequence = i + 1) => pdu('submit_sm', { sequence, body: messageBody({ text: mark(i) }) });
const deliver = (i) =>
  pdu('deliver_sm', { sequence: i + 1, body: messageBody({ from: '14155550100', to: '12025550100', text: mark(i) }) });

test('hundreds outstanding in both directions, answered in reverse order', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  const n = 900;
  sender.write(Buffer.concat(Array.from({ length: n }, (_, i) => submit(i))));
  carrier.write(Buffer.concat(Array.from({ length: n }, (_, i) => deliver(i))));
  await until(() => carrier.pdus.length === n && sender.pdus.length === n, 'all requests');
  for (const [from, name] of [[carrier, 'submit_sm'], [sender, 'deliver_sm']]) {
    const requests = from.pdus.splice(0);
    assert.deepEqual(requests.map(textOf), Array.from({ length: n }, (_, i) => mark(i)));
    for (const p of requests.reverse())
      from.send(`${name}_resp`, { sequence: p.sequence, body: cstring(textOf(p)) });
  }
  await until(() => carrier.pdus.length === n && sender.pdus.length === n, 'all responses');
  for (const p of sender.pdus)
    assert.equal(p.body.toString('latin1'), `${mark(p.sequence - 1)}\0`);
});

test('no more outstanding than the window', async (t) => {
  const line = await startLine(t, { change: (conf) => (conf.carriers[0].window = 10) });
  const { sender, carrier } = await line.pair();
  sender.write(Buffer.concat(Array.from({ length: 100 }, (_, i) => submit(i))));
  for (let i = 0; i < 100; i += 10) {
    await until(() => carrier.pdus.length === 10, 'ten requests');
    await sleep(20);
    const requests = carrier.pdus.splice(0);
    assert.deepEqual(requests.map(textOf), Array.from({ length: 10 }, (_, k) => mark(i + k)));
    for (const p of requests.reverse()) carrier.send('submit_sm_resp', { sequence: p.sequence });
  }
  await until(() => sender.pdus.length === 100, 'all responses');
});

test('a carrier that does not read stops the sender, and loses nothing', async (t) => {
  const line = await startLine(t, { change: (conf) => (conf.carriers[0].window = 100000) });
  const { sender, carrier } = await line.pair();
  const before = await rss(line);
  const n = 4000;
  const body = (i) => messageBody({ text: '', tlvs: Buffer.concat([Buffer.from('04242000', 'hex'),
    Buffer.alloc(8184, 0x61), Buffer.from(mark(i))]) });
  carrier.socket.pause();
  for (let i = 0; i < n; i++) sender.send('submit_sm', { sequence: i + 1, body: body(i) });
  await sleep(1000);
  assert.ok(sender.socket.writableLength > 8 * MIB, 'the sender is not read any more');
  assert.ok((await rss(line)) - before < 24 * MIB, 'memory is bounded');
  carrier.onPdu = (p) => {
    if (p.name !== 'submit_sm') return false;
    carrier.seen = (carrier.seen ?? []).concat(textOf(p));
    carrier.send('submit_sm_resp', { sequence: p.sequence });
    return true;
  };
  carrier.socket.resume();
  await until(() => sender.pdus.length === n, 'all responses', 60000);
  assert.deepEqual(carrier.seen, Array.from({ length: n }, (_, i) => mark(i)));
});

test('a sender that does not read stops the carrier, and others never notice', async (t) => {
  const line = await startLine(t, { change: (conf) => (conf.listeners[0].window = 100000) });
  const { sender, carrier } = await line.pair();
  const other = await line.pair();
  const before = await rss(line);
  const n = 60000;
  sender.socket.pause();
  for (let i = 0; i < n; i++) carrier.write(deliver(i));
  await sleep(1000);
  other.sender.write(submit(1));
  await other.carrier.next('submit_sm');
  assert.ok((await rss(line)) - before < 64 * MIB, 'memory is bounded');
  sender.socket.resume();
  await until(() => sender.pdus.length === n, 'all messages', 60000);
  assert.deepEqual(sender.pdus.map(textOf), Array.from({ length: n }, (_, i) => mark(i)));
});

test('SIGTERM under load: what was taken is answered, both ends unbound, exit 0', async (t) => {
  const line = await startLine(t);
  const pairs = [];
  let stopped = false;
  for (let k = 0; k < 4; k++) {
    const { sender, carrier } = await line.pair();
    const pair = { sender, carrier, sent: 0, answered: 0, arrived: 0 };
    carrier.onPdu = (p) => {
      if (p.name === 'unbind') {
        carrier.unbind = p;
        carrier.send('unbind_resp', { sequence: p.sequence });
      }
      if (p.name !== 'submit_sm') return p.name === 'unbind';
      pair.arrived++;
      setTimeout(() => carrier.send('submit_sm_resp', { sequence: p.sequence, body: cstring('x') }), 5);
      return true;
    };
    sender.onPdu = (p) => {
      if (p.name === 'submit_sm_resp') {
        pair.answered++;
        assert.equal(p.status, 0);
        if (!stopped) sender.write(submit(pair.sent++));
        return true;
      }
      if (p.name === 'unbind') {
        stopped = true;
        pair.unbound = true;
        sender.send('unbind_resp', { sequence: p.sequence });
        return true;
      }
      return false;
    };
    for (let i = 0; i < 50; i++) sender.write(submit(pair.sent++));
    pairs.push(pair);
  }
  await until(() => pairs.every((p) => p.answered > 200), 'load');
  line.stopgate.child.signal('SIGTERM');
  await until(() => line.stopgate.child.exit !== null, 'exit');
  assert.equal(line.stopgate.child.exit.code, 0, line.stopgate.log);
  for (const pair of pairs) {
    assert.ok(pair.unbound && pair.carrier.unbind, 'both ends were unbound');
    assert.equal(pair.arrived, pair.answered, 'every message that arrived was answered');
    assert.equal(pair.sent, pair.answered, 'and every one that was sent');
  }
});

test('SIGTERM unbinds both ends in time, whoever does not answer', async (t) => {
  const line = await startLine(t, { change: (conf) => (conf.drain_for = '2s') });
  const silent = await line.pair(); // the carrier never answers its message
  silent.sender.write(submit(1));
  await silent.carrier.next('submit_sm');
  const rude = await line.pair(); // the sender never answers an unbind
  line.stopgate.child.signal('SIGTERM');
  for (const { sender, carrier } of [silent, rude]) {
    await sender.next('unbind');
    await until(() => carrier.unbind, 'unbind at the carrier');
    await carrier.isClosed();
    await sender.isClosed();
  }
  await until(() => line.stopgate.child.exit !== null, 'exit');
  assert.equal(line.stopgate.child.exit.code, 0);
});

test('a second SIGTERM stops at once', async (t) => {
  const line = await startLine(t, { carrier: { autoUnbind: false } });
  await line.pair();
  line.stopgate.child.signal('SIGTERM');
  await line.stopgate.child.said(/draining/);
  line.stopgate.child.signal('SIGTERM');
  await until(() => line.stopgate.child.exit !== null, 'exit', 3000);
});

test('while draining nobody can bind, and a new process can listen on the port', async (t) => {
  const line = await startLine(t);
  const { sender } = await line.pair();
  const waiting = await line.sender();
  line.stopgate.child.signal('SIGTERM');
  await line.stopgate.child.said(/draining/);
  await waiting.isClosed();
  await assert.rejects(rawSender(t, line.stopgate.port));
  const unbind = await sender.next('unbind');
  sender.send('unbind_resp', { sequence: unbind.sequence });
  await sender.isClosed();
  await until(() => line.stopgate.child.exit !== null, 'exit');
});
