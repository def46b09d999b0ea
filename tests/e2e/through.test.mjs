// Clients and carriers of others with stopgate between them: each binds, sends, is blocked after a
// STOP, and gets receipts and messages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from './lib/client.mjs';
import { prepareDriveSmpp, startKannel } from './lib/kannel.mjs';
import { startNetSmpp } from './lib/perl.mjs';
import { temporary } from './lib/place.mjs';
import { startServer } from './lib/server.mjs';
import { startWorld } from './lib/world.mjs';

const SHOP = '12025550100';
const READER = '14155550100';

test('Kannel', async (t) => {
  const world = await startWorld(t);
  const kannel = await startKannel(t, world.dir, world.stopgate.port);
  const { tag } = await kannel.send(SHOP, READER, 'Hello');
  assert.equal((await kannel.next('dlr', (n) => n.tag === tag)).status, '8');
  assert.equal((await kannel.next('dlr', (n) => n.tag === tag)).status, '1');
  assert.equal(await world.sim.mo(READER, SHOP, 'STOP'), 'ESME_ROK');
  assert.equal((await kannel.next('mo')).text, 'STOP');
  const refused = await kannel.send(SHOP, READER, 'Hello again');
  assert.equal((await kannel.next('dlr', (n) => n.tag === refused.tag)).status, '16');
  assert.equal((await world.sim.count())['in.submit_sm'], 1);
});

test("Kannel's drive_smpp behind, Kannel with two binds in front", async (t) => {
  const dir = await temporary(t);
  const drive = await prepareDriveSmpp(t, dir, { messages: 20 });
  const world = await startWorld(t, {
    change: (conf) => (conf.carriers[0].addresses = [drive.address]) });
  const kannel = await startKannel(t, dir, world.stopgate.port, { split: true, online: false });
  await drive.start();
  await kannel.online();
  for (let i = 0; i < 20; i++) await kannel.next('mo');
  for (let i = 0; i < 20; i++) await kannel.send('123', READER, 'Hello');
  await drive.submitted();
});

test("Perl's Net::SMPP", async (t) => {
  const world = await startWorld(t);
  const perl = startNetSmpp(t);
  assert.equal((await perl.bind(world.stopgate.port)).status, 0);
  const sent = await perl.submit(SHOP, READER, 'Hello', { registered_delivery: 1 });
  assert.match((await perl.next()).short_message, new RegExp(`id:${sent.message_id} .*stat:DELIVRD`));
  const incoming = perl.next();
  assert.equal(await world.sim.mo(READER, SHOP, 'STOP'), 'ESME_ROK');
  assert.equal((await incoming).short_message, 'STOP');
  assert.equal((await perl.submit(SHOP, READER, 'x')).status, 0x0B);
});

test('npm smpp on both sides', async (t) => {
  const server = await startServer(t);
  const world = await startWorld(t, {
    change: (conf) => (conf.carriers[0].addresses = [server.address]) });
  const client = await world.bind('transceiver', { system_id: 'shop' });
  assert.equal((await client.submit(SHOP, READER, 'Hello')).id, 'npm-1');
  const session = await server.session('shop');
  assert.equal(textOf(await session.next('submit_sm')), 'Hello');
  const answered = await session.request('deliver_sm', {
    source_addr: READER, destination_addr: SHOP, short_message: 'STOP' });
  assert.equal(answered.command_status, 0);
  assert.equal(textOf(await client.next()), 'STOP');
  assert.equal((await client.submit(SHOP, READER, 'x')).status, 'ESME_RINVDSTADR');
});
