// Delivery receipts in all their forms become the health of a number; they pass untouched.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsOf, journalEvents } from './lib/evidence.mjs';
import { startLine } from './lib/line.mjs';
import { until } from './lib/place.mjs';
import { cstring, messageBody, pdu, tlv } from './lib/raw.mjs';

const TO = '12025550100';
const cs = (text) => Buffer.from(`${text}\0`);
let next = 14155570000;

// [what, text, other fields of the deliver_sm, stat, err]; stat null: delivered; undefined: no end.
const forms = [
  ['customary', 'id:1 sub:001 dlvrd:000 submit date:2611240101 done date:2611240102 stat:UNDELIV err:021 text:Reply STOP', { esm: 4 }, 'UNDELIV', '021'],
  ['esm_class 0', 'id:2 sub:001 dlvrd:000 submit date:2611240101 done date:2611240102 stat:EXPIRED err:006 text:STOP', { esm: 0 }, 'EXPIRED', '006'],
  ['delivered', 'id:3 sub:001 dlvrd:001 submit date:2611240101 done date:2611240102 stat:DELIVRD err:000 text:', { esm: 4 }, null],
  ['no spaces in dates', 'id:4 submitdate:261124010101 donedate:20261124010203 stat:REJECTD err:EC08', { esm: 4 }, 'REJECTD', 'EC08'],
  ['capitals, order, odd keys', 'Stat:failed  ERR:21b  xyz:7 ID:0118Z-0122I-2309U-57DGB', { esm: 4 }, 'FAILED', '21b'],
  ['intermediate', 'id:5 stat:ACCEPTD err:000 text:', { esm: 4 }, undefined],
  ['en route', 'id:6 sub:001 dlvrd:000 submit date:2611240101 done date:2611240102 stat:ENROUTE err:000', { esm: 0x20 }, undefined],
  ['TLVs only', '', { esm: 4, tlvs: Buffer.concat([tlv(0x1e, cs('77')), tlv(0x427, Buffer.of(5)), tlv(0x423, Buffer.of(3, 0, 9))]) }, 'UNDELIV', '009'],
  ['TLVs only, unmarked', '', { tlvs: Buffer.concat([tlv(0x1e, cs('78')), tlv(0x427, Buffer.of(2))]) }, null],
  ['the TLV wins', 'id:9 sub:001 dlvrd:001 submit date:2611240101 done date:2611240102 stat:DELIVRD err:000 text:x', { esm: 4, tlvs: tlv(0x427, Buffer.of(8)) }, 'REJECTD', undefined],
];

test('each form updates health, a failure is an event, all pass untouched', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  const fails = [];
  for (const [what, text, fields, stat, err] of forms) {
    const number = String(next++);
    const sent = pdu('deliver_sm', { body: messageBody({ from: number, to: TO, text, ...fields }) });
    carrier.write(sent);
    const got = await sender.next('deliver_sm');
    assert.deepEqual(got.body, sent.subarray(16), what);
    sender.send('deliver_sm_resp', { sequence: got.sequence, body: cstring('') });
    await carrier.next('deliver_sm_resp');
    if (stat) fails.push([what, number, stat, err]);
  }
  const events = await eventsOf(line.dir, 'receipt', fails.length);
  assert.equal(events.length, fails.length);
  for (const [what, number, stat, err] of fails) {
    const event = events.find((e) => e.number === number);
    assert.equal(event?.status, stat, what);
    if (err !== undefined) assert.equal(event.error, err, what);
    assert.equal(event.sender, TO);
  }
  assert.equal((await journalEvents(line.dir, 'optout')).length, 0);
  const counted = async () => {
    const metrics = await line.stopgate.metrics();
    return ['delivered', 'failed', 'intermediate'].map((event) =>
      metrics[`stopgate_filter_events_total{filter="receipt",event="${event}"}`]);
  };
  assert.deepEqual(await counted(), [2, fails.length, 2]);
});

test('data_sm receipts, and receipts that name the handset as their destination', async (t) => {
  const line = await startLine(t, {
    change: (conf) => (conf.programs = [{ name: 'shop', senders: [TO] }]),
  });
  const { sender, carrier } = await line.pair();
  const text = 'id:1 sub:001 dlvrd:000 submit date:2611240101 done date:2611240102 stat:UNDELIV err:001 text:';
  const addresses = (from, to) => Buffer.concat([cstring(''), Buffer.of(1, 1), cstring(from), Buffer.of(1, 1), cstring(to)]);
  carrier.send('data_sm', { body: Buffer.concat([addresses('14155570501', TO), Buffer.of(4, 0, 0), tlv(0x424, Buffer.from(text))]) });
  await sender.next('data_sm');
  carrier.send('deliver_sm', { body: messageBody({ from: TO, to: '14155570502', esm: 4, text }) });
  await sender.next('deliver_sm');
  const events = await eventsOf(line.dir, 'receipt', 2);
  assert.deepEqual(events.map((e) => e.number), ['14155570501', '14155570502']);
  assert.deepEqual(events.map((e) => e.program), ['shop', 'shop']);
});

test('a receipt that cannot be read is forwarded, counted and logged without its text', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  carrier.send('deliver_sm', { body: messageBody({ from: '14155570600', to: TO, esm: 4, text: 'geheim STOP' }) });
  await sender.next('deliver_sm');
  await until(async () =>
    (await line.stopgate.metrics())['stopgate_filter_events_total{filter="receipt",event="unreadable"}'] === 1);
  assert.match(line.stopgate.log, /session=1 .*could not be read/);
  assert.doesNotMatch(line.stopgate.log, /geheim|14155570600/);
});

test('health: what was sent, delivered, failed and replied', async (t) => {
  const line = await startLine(t);
  const { sender, carrier } = await line.pair();
  const number = '14155570700';
  for (const [i, stat] of ['DELIVRD', 'UNDELIV'].entries()) {
    sender.send('submit_sm', { sequence: i + 1, body: messageBody({ from: 'ACME', to: '4155570700' }) });
    const got = await carrier.next('submit_sm');
    carrier.send('submit_sm_resp', { sequence: got.sequence, body: cstring(`id-${i}`) });
    await sender.next('submit_sm_resp');
    carrier.send('deliver_sm', { sequence: 9, body: messageBody({ from: number, to: 'ACME', esm: 4,
      text: `id:id-${i} sub:001 dlvrd:00${1 - i} submit date:2611240101 done date:2611240102 stat:${stat} err:00${i} text:` }) });
    await sender.next('deliver_sm');
  }
  carrier.send('deliver_sm', { sequence: 10, body: messageBody({ from: number, to: 'ACME', text: 'thanks' }) });
  await sender.next('deliver_sm');
  const health = await until(async () => {
    const found = (await line.stopgate.number(number)).health;
    return found?.sent === 2 && found.last_reply && found.failed ? found : null;
  }, 'health');
  assert.deepEqual([health.sent, health.delivered, health.failed], [2, 1, 1]);
  assert.deepEqual([health.last_message_id, health.last_sender, health.last_status, health.last_error],
    ['id-1', 'ACME', 'UNDELIV', '001']);
  for (const key of ['last_sent', 'last_delivered', 'last_failed', 'last_reply'])
    assert.match(health[key], /^20\d\d-\d\d-\d\dT/);
});
