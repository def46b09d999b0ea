// Kannel and Net::SMPP against the simulated carrier, without stopgate: that the peers of the
// other tests do what these rely on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bound, textOf } from './lib/client.mjs';
import { prepareDriveSmpp, startKannel } from './lib/kannel.mjs';
import { startNetSmpp } from './lib/perl.mjs';
import { temporary } from './lib/place.mjs';
import { startServer } from './lib/server.mjs';
import { startSim } from './lib/sim.mjs';

test('Kannel sends, is refused, gets receipts and messages', async (t) => {
  const dir = await temporary(t);
  const sim = await startSim(t, dir);
  const kannel = await startKannel(t, dir, sim.port);
  const { tag } = await kannel.send('12025550100', '14155550100', 'Hello');
  assert.equal((await kannel.next('dlr', (n) => n.tag === tag)).status, '8');
  assert.equal((await kannel.next('dlr', (n) => n.tag === tag)).status, '1');
  await sim.set('status', 'ESME_RINVDSTADR 1');
  const refused = await kannel.send('12025550100', '14155550101', 'Hello');
  assert.equal((await kannel.next('dlr', (n) => n.tag === refused.tag)).status, '16');
  assert.equal(await sim.mo('14155550100', '12025550100', 'STOP'), 'ESME_ROK');
  assert.equal((await kannel.next('mo')).text, 'STOP');
});

test("Kannel's drive_smpp delivers and accepts", async (t) => {
  const drive = await prepareDriveSmpp(t, await temporary(t), { messages: 5 });
  await drive.start();
  const receiver = await bound(t, drive.port, 'receiver');
  for (let i = 1; i <= 5; i++) assert.equal(textOf(await receiver.next()), String(i));
  await drive.delivered();
  const sender = await bound(t, drive.port, 'transmitter');
  for (let i = 0; i < 5; i++)
    assert.equal((await sender.submit('12025550100', '14155550100', 'x')).status, 'ESME_ROK');
  await drive.submitted();
});

test('Kannel with two binds takes what drive_smpp delivers', async (t) => {
  const dir = await temporary(t);
  const drive = await prepareDriveSmpp(t, dir, { messages: 3 });
  const kannel = await startKannel(t, dir, drive.port, { split: true, online: false });
  await drive.start();
  await kannel.online();
  for (let i = 0; i < 3; i++) await kannel.next('mo');
  for (let i = 0; i < 3; i++) await kannel.send('123', '14155550100', 'Hello');
  await drive.submitted();
});

test('Net::SMPP sends, is refused, gets receipts and messages', async (t) => {
  const sim = await startSim(t, await temporary(t));
  const perl = startNetSmpp(t);
  assert.equal((await perl.bind(sim.port)).status, 0);
  const sent = await perl.submit('12025550100', '14155550100', 'Hello', { registered_delivery: 1 });
  assert.equal(sent.status, 0);
  assert.match((await perl.next()).short_message, new RegExp(`id:${sent.message_id} .*stat:DELIVRD`));
  await sim.set('status', 'ESME_RINVDSTADR 1');
  assert.equal((await perl.submit('12025550100', '14155550100', 'x')).status, 0x0B);
  const incoming = perl.next();
  assert.equal(await sim.mo('14155550100', '12025550100', 'STOP'), 'ESME_ROK');
  assert.equal((await incoming).short_message, 'STOP');
});

test('npm smpp as a carrier', async (t) => {
  const server = await startServer(t);
  const client = await bound(t, server.port, 'transceiver', { system_id: 'shop' });
  assert.equal((await client.submit('12025550100', '14155550100', 'Hello')).id, 'npm-1');
  const session = await server.session('shop');
  assert.equal(textOf(await session.next('submit_sm')), 'Hello');
  const answered = await session.request('deliver_sm', {
    source_addr: '14155550100', destination_addr: '12025550100', short_message: 'STOP' });
  assert.equal(answered.command_status, 0);
  assert.equal(textOf(await client.next()), 'STOP');
});
