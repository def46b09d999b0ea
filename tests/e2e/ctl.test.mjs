// stopgatectl, mostly with no daemon running.
import assert from 'node:assert/strict';
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { eventsOf, isOn, journalEvents } from './lib/evidence.mjs';
import { freePort, programs, temporary, until } from './lib/place.mjs';
import { run } from './lib/process.mjs';
import { startRedis } from './lib/redis.mjs';
import { basicConf, Stopgate } from './lib/stopgate.mjs';
import { startWorld } from './lib/world.mjs';

const shop = { name: 'shop', senders: ['12025550100', 'ACME'] };

// A configuration, a Redis, and nobody else.
async function startDesk(t, change = () => {}, options = {}) {
  const dir = await temporary(t);
  const redis = await startRedis(t, dir, options);
  const conf = basicConf({
    dir, redis: redis.uri, carriers: ['tcp://127.0.0.1:1'], port: 1, consolePort: await freePort(),
  });
  delete conf.console;
  change(conf);
  const desk = new Stopgate(dir, conf);
  await desk.write();
  // What a command says, on either channel, and its exit status.
  const say = async (...args) => {
    const { code, stdout, stderr } = await desk.ctl(...args);
    return `${code} ${stdout}${stderr}`;
  };
  const put = async (name, text) => {
    await writeFile(path.join(dir, name), text);
    return path.join(dir, name);
  };
  return Object.assign(desk, { redis, say, put });
}

test('usage is told, with its exit status', async (t) => {
  const dir = await temporary(t);
  const ctl = async (...args) => {
    const { code, stdout, stderr } = await run(programs.stopgatectl, args);
    return { code, text: stdout + stderr, stdout };
  };
  const empty = path.join(dir, 'empty.yaml');
  await writeFile(empty, 'store: {redis: 7}\n');
  for (const [args, code, pattern] of [
    [[], 2, /usage: stopgatectl/], [['--help'], 0, /optout add N/], [['--version'], 0, /^stopgatectl \d/],
    [['number', '--help'], 0, /--limit COUNT/], [['list', '--help'], 0, /list import/],
    [['nothing'], 2, /unknown command nothing/], [['list', 'burn'], 2, /ls, create, import, export, remove/],
    [['number'], 2, /usage: stopgatectl number N/], [['number', '1', '2'], 2, /usage/],
    [['events', '--colour'], 2, /unknown option --colour/], [['events', '--type'], 2, /value is missing/],
    [['number', '1', '--csv'], 2, /takes no --csv/], [['events', '--csv', '--csv'], 2, /given twice/],
    [['optout', 'add', '14155550100'], 2, /needs --reason/], [['-c'], 2, /value is missing/],
    [['-c', path.join(dir, 'none.yaml'), 'status'], 1, /none\.yaml.*No such file/s],
    [['-c', dir, 'status'], 1, /director/], [['-c', empty, 'status'], 1, /empty\.yaml:1: /],
  ]) {
    const result = await ctl(...args);
    assert.equal(result.code, code, `${args.join(' ')}: ${result.text}`);
    assert.match(result.text, pattern);
  }
});

test('an officer\'s day: in, asked about, out, and proved', async (t) => {
  const desk = await startDesk(t, (conf) => (conf.programs = [shop]));
  assert.match(await desk.say('number', '(415) 555-0100'), /^0 .*not suppressed: on no list/s);
  assert.match(await desk.say('optout', 'add', '(415) 555-0100', '--reason', 'letter of 1 May', '--actor', 'ann'),
    /^0 \+14155550100 is now on the list optout\.\n$/);
  assert.ok(await isOn(desk.redis, 'optout', 14155550100));
  assert.match(await desk.say('optout', 'add', '+14155550100', '--reason', 'again'), /^0 .* is already on the list/);
  const card = await desk.say('number', '0014155550100');
  assert.match(card, /SUPPRESSED/);
  assert.match(card, /list optout, since 20\d\d-\d\d-\d\d .* UTC\n +opt-out: "letter of 1 May" by ann \(ctl\)/);
  const [json] = await desk.json('number', '4155550100');
  assert.deepEqual([json.number, json.suppressed, json.country, json.lists.length],
    ['14155550100', true, 'US', 1]);
  assert.equal(json.lists[0].name, 'optout');
  assert.equal(json.lists[0].event.reason, 'letter of 1 May');
  assert.equal(json.lists[0].event.address, '(415) 555-0100');
  assert.equal(json.lists[0].since, json.history[0].time);
  assert.match(await desk.say('optout', 'add', '4155550100', '--program', 'shop', '--reason', 'x'), /list optout:shop/);
  assert.match(await desk.say('optout', 'add', '4155550100', '--program', 'bank', '--reason', 'x'), /^1 .*no program 'bank'/);
  assert.match(await desk.say('optout', 'remove', '4155550100', '--reason', 'new consent'),
    /^0 \+14155550100 is off the list optout\.\n.*still on the list optout:shop, which blocks/s);
  assert.match(await desk.say('optout', 'remove', '4155550100', '--reason', 'x'), /^1 .*is not on the list optout/s);
  assert.match(await desk.say('number', '4155550100'), /SUPPRESSED: no message of that program/);
  assert.match(await desk.say('optout', 'remove', '4155550100', '--program', 'shop', '--reason', 'y'), /^0 /);
  assert.equal((await desk.number('4155550100')).suppressed, false);
  assert.match(await desk.say('number', 'hello'), /^1 .*cannot be read as a telephone number/);
  const types = (await desk.events()).map((e) => e.type);
  assert.deepEqual(types, ['optout', 'optout', 'optin', 'optin']);
  assert.match(await desk.say('verify'), /^0 whole .*4 events\nThe journal is whole: 4 events\.\n$/);
  assert.match(await desk.say('status'), /^0 .*All is well/s);
});

test('since when is the first of repeated events after the last removal', async (t) => {
  const desk = await startDesk(t);
  const file = await desk.put('a.txt', '+14155550100\n+14155550101\n');
  await desk.say('list', 'import', 'optout', file);
  const imported = (await desk.number('14155550100')).lists[0];
  assert.equal(imported.event.type, 'import');
  assert.equal(imported.event.reason, 'a.txt');
  await desk.say('optout', 'remove', '14155550100', '--reason', 'x');
  await desk.say('optout', 'add', '14155550100', '--reason', 'second');
  assert.equal((await desk.number('14155550100')).lists[0].event.reason, 'second');
  assert.equal((await desk.number('14155550101')).lists[0].event.type, 'import');
});

test('an ambiguous number is shown in each reading', async (t) => {
  const desk = await startDesk(t, (conf) => (conf.programs = [{ ...shop, region: 'SG' }]));
  const readings = (await desk.json('number', '6561234567')).map((n) => n.number);
  assert.ok(readings.includes('16561234567') && readings.includes('6561234567'), String(readings));
  assert.doesNotMatch(await desk.say('number', '14155550100'), /invalid/, 'what nobody can have');
  await desk.say('optout', 'add', '6561234567', '--reason', 'x');
  for (const number of ['16561234567', '6561234567']) assert.ok(await isOn(desk.redis, 'optout', number));
  await desk.say('optout', 'remove', '+16561234567', '--reason', 'x');
  assert.ok(await isOn(desk.redis, 'optout', 6561234567));
});

test('events are filtered, paged and written as CSV', async (t) => {
  const desk = await startDesk(t, (conf) => (conf.programs = [shop]));
  for (let i = 0; i < 5; i++) await desk.say('optout', 'add', `1415555010${i}`, '--reason', i === 2 ? '=1+1, "x"' : 'r', '--actor', `a${i % 2}`);
  await desk.say('optout', 'add', '14155550109', '--program', 'shop', '--reason', 'r');
  const all = await desk.events();
  assert.equal(all.length, 6);
  const numbers = async (...filters) => (await desk.events(...filters)).map((e) => Number(e.number) % 10).join('');
  for (const [filters, want] of [
    [['--number', '(415) 555-0101'], '1'], [['--program', 'shop'], '9'], [['--actor', 'a1'], '13'],
    [['--limit', '2'], '49'], [['--after', all[1].id, '--limit', '2'], '23'], [['--after', '0'], '012349'],
    [['--after', all[5].id], ''], [['--type', 'optin'], ''], [['--source', 'ctl', '--list', 'optout'], '01234'],
    [['--from', '24h'], '012349'], [['--to', '24h'], ''], [['--from', all[3].time], '349'],
    [['--from', all[0].time.slice(0, 10), '--to', all[5].time.slice(0, 10)], '012349'],
  ]) assert.equal(await numbers(...filters), want, filters.join(' '));
  const raw = (await readFile(path.join(desk.dir, 'journal', all[0].instance, '00000001.jsonl'), 'utf8')).split('\n');
  const { id, ...first } = all[0];
  assert.equal(JSON.stringify(first), raw[0], 'the line as it stands in the journal');
  for (const [filters, problem] of [
    [['--type', 'stop'], /no type 'stop'; types are: optout optin/], [['--source', 'x'], /sources are: reply/],
    [['--from', 'yesterday'], /no time/], [['--from', '2025-02-30'], /no time/], [['--limit', '-1'], /--limit/],
    [['--after', 'x'], /--after/], [['--from', '1h', '--to', '2h'], /not before/],
  ]) assert.match(await desk.say('events', ...filters), new RegExp(`^2 .*${problem.source}`));
  assert.match(await desk.say('events', '--number', 'x'), /^1 .*cannot be read/);
  const csv = (await desk.ctl('events', '--csv')).stdout.split('\n');
  assert.match(csv[0], /^seq,time,type,number,sender,program,source,list,/);
  assert.equal(csv.length, 8);
  assert.ok(csv[3].includes(`"'=1+1, ""x"""`), csv[3]);
  const table = (await desk.ctl('events')).stdout.trimEnd().split('\n');
  assert.equal(table.length, 7);
  for (const line of table) assert.ok(line.length <= 80, line);
});

test('lists: made, filled, counted, exported, removed', async (t) => {
  const desk = await startDesk(t, (conf) => conf.outbound[0].lists.push('dnc-us'));
  const file = await desk.put('crm.csv', 'Name;Phone;Note\nann;+14155550101;x\n"b;ob";(415) 555-0102;"two\nlines"\n' +
    'cyd;nope;\ndan;+14155550101;\neve;1.4E+10;\n');
  const dry = await desk.say('list', 'import', 'dnc-us', file, '--dry-run');
  assert.match(dry, /2 numbers in 6 rows\./);
  assert.deepEqual(await journalEvents(desk.dir), []);
  const done = await desk.ctl('list', 'import', 'dnc-us', file);
  assert.equal(done.code, 0);
  assert.match(done.stdout, /CSV with ';', column 2 \(phone\)\n2 numbers in 6 rows, 2 of them new on the list dnc-us/);
  assert.match(done.stderr, /^line 5: not a telephone number: 'nope'\nline 7: .*scientific notation.*'1\.4E\+10'\n$/);
  const again = await desk.json('list', 'import', 'dnc-us', file);
  assert.deepEqual(again.slice(0, 2).map((o) => o.line), [5, 7]);
  assert.deepEqual([again[2].added, again[2].numbers, again[2].bad, again[2].repeated, again[2].left_out], [0, 2, 2, 1, 1]);
  const [event] = await journalEvents(desk.dir, 'import');
  assert.deepEqual([event.list, event.count, event.reason, event.source], ['dnc-us', 2, 'crm.csv', 'ctl']);
  assert.ok((await stat(path.join(desk.dir, 'journal/imports', `${event.file}.gz`))).size > 0);
  const piped = await run(programs.stopgatectl, ['-c', desk.file, 'list', 'import', 'dnc-us', '-', '--region', 'GB'],
    { input: '020 7946 0000\n' });
  assert.match(`${piped.code} ${piped.stdout}`, /^0 .*1 numbers in 1 rows, 1 of them new/s);
  const lists = Object.fromEntries((await desk.json('list', 'ls')).map((l) => [l.name, l]));
  assert.deepEqual([lists['dnc-us'].numbers, lists['dnc-us'].blocks, lists.optout.numbers], [3, true, 0]);
  assert.equal((await desk.ctl('list', 'export', 'dnc-us')).stdout, '+14155550101\n+14155550102\n+442079460000\n');
  assert.deepEqual((await desk.json('list', 'export', 'dnc-us')).map((o) => o.number),
    ['14155550101', '14155550102', '442079460000']);
  const out = path.join(desk.dir, 'out.csv');
  assert.match(await desk.say('list', 'export', 'dnc-us', '--csv', '--out', out), /^0 3 numbers written/);
  assert.match(await readFile(out, 'utf8'), /^number,list\n\+14155550101,dnc-us\n/);
  assert.equal((await journalEvents(desk.dir, 'export')).length, 3);
  assert.match(await desk.say('list', 'create', 'vip', '--description', 'do not disturb'), /^0 .*blocks nothing until/s);
  assert.match(await desk.say('list', 'create', 'vip'), /^1 .*already/);
  await desk.say('list', 'import', 'vip', file);
  assert.equal((await desk.number('14155550101')).lists.find((l) => l.name === 'vip').blocks, false);
  assert.match((await desk.ctl('list', 'ls')).stdout, /vip +2 +no +do not disturb/);
  assert.match(await desk.say('list', 'remove', 'vip', '--reason', 'over'), /^0 .*gone, with 2 numbers/);
  assert.ok(!(await desk.json('list', 'ls')).some((l) => l.name === 'vip'));
  for (const [args, pattern] of [
    [['remove', 'vip', '--reason', 'x'], /^1 .*no list vip/], [['remove', 'optout', '--reason', 'x'], /^1 .*configuration uses/],
    [['export', 'vip'], /^1 .*no list vip/], [['import', 'vip', '/nowhere'], /^1 .*cannot read \/nowhere/],
    [['import', 'vip', desk.dir], /^1 .*is a directory/], [['import', 'vip', file, '--region', 'XX'], /^2 .*no region/],
    [['import', 'vip', file, '--column', 'fax'], /^1 .*no column 'fax'/], [['create', ''], /^2 .*name/],
    [['import', 'vip', await desk.put('x.gz', '\u001f\u008b')], /^1 /],
    [['import', 'vip', await desk.put('none.txt', 'a\nb\n')], /^1 .*holds no numbers/s],
  ]) assert.match(await desk.say('list', ...args), pattern);
  assert.match(await desk.say('verify'), /^0 .*is whole/s);
});

test('Redis away: kept, and in force when it is back; emptied: brought back', async (t) => {
  const desk = await startDesk(t);
  await desk.say('optout', 'add', '14155550100', '--reason', 'x');
  const file = await desk.put('a.txt', '+14155550105\n');
  await desk.say('list', 'import', 'optout', file);
  await desk.redis.stop();
  assert.match(await desk.say('number', '14155550100'), /^1 .*cannot reach Redis at unix:/);
  assert.match(await desk.say('optout', 'add', '14155550101', '--reason', 'x'), /^0 .*kept in the journal.*cannot reach Redis/s);
  assert.match(await desk.say('optout', 'remove', '14155550100', '--reason', 'x'), /^1 .*nobody is opted in while/);
  assert.match(await desk.say('events'), /^0 .*14155550101.*only events of this machine/s);
  assert.match(await desk.say('status'), /^1 .*WRONG: cannot reach Redis/s);
  await desk.redis.start();
  assert.match(await desk.say('status'), /^1 .*1 not applied yet/s);
  assert.equal((await desk.number('14155550101')).suppressed, true, 'any command applies it first');
  assert.match(await desk.say('status'), /^0 /);
  await desk.redis.cli('flushall');
  assert.match(await desk.say('number', '14155550100'), /^1 .*emptied/s);
  assert.match(await desk.say('status'), /^1 .*no data set/s);
  await desk.say('optout', 'add', '14155550102', '--reason', 'x');
  for (const number of [14155550100, 14155550101, 14155550102, 14155550105])
    assert.ok(await isOn(desk.redis, 'optout', number), String(number));
});

test('a Redis that is none, is locked, or evicts', async (t) => {
  const secret = await startDesk(t, (conf) => (conf.store.password = 'wrong'), { args: ['--requirepass', 'right'] });
  assert.match(await secret.say('number', '14155550100'), /^1 .*does not accept the password/);
  delete secret.conf.store.password;
  await secret.write();
  assert.match(await secret.say('number', '14155550100'), /^1 .*wants a password/);
  secret.conf.store.password = 'right';
  await secret.write();
  assert.match(await secret.say('number', '14155550100'), /^0 /);

  const evicting = await startDesk(t, () => {}, { args: ['--maxmemory-policy', 'allkeys-lru'] });
  assert.match(await evicting.say('list', 'create', 'x'), /^1 .*maxmemory-policy/);
  assert.match(await evicting.say('status'), /^1 .*maxmemory-policy/s);

  const port = await freePort();
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.write('SSH-2.0-not-redis\r\n');
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => server.close());
  evicting.conf.store.redis = `tcp://127.0.0.1:${port}`;
  await evicting.write();
  assert.match(await evicting.say('list', 'ls'), /^1 .*is not Redis/);
});

test('verify finds each kind of tampering', async (t) => {
  const desk = await startDesk(t);
  for (let i = 0; i < 5; i++) await desk.say('optout', 'add', `1415555010${i}`, '--reason', `reason ${i}`);
  await desk.say('list', 'import', 'optout', await desk.put('a.txt', '+14155550109\n'));
  const [chain] = (await readdir(path.join(desk.dir, 'journal'))).filter((name) => name.startsWith('ctl-'));
  const file = path.join(desk.dir, 'journal', chain, '00000001.jsonl');
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const edit = (change) => {
    const copy = [...lines];
    change(copy);
    return `${copy.join('\n')}\n`;
  };
  for (const [what, text, line] of [
    ['edited', edit((l) => (l[2] = l[2].replace('reason 2', 'reason 9'))), 3],
    ['removed', edit((l) => l.splice(2, 1)), 3], ['inserted', edit((l) => l.splice(2, 0, l[1])), 3],
    ['swapped', edit((l) => ([l[2], l[3]] = [l[3], l[2]])), 3], ['no event', edit((l) => (l[4] = '{}')), 5],
  ]) {
    await writeFile(file, text);
    assert.match(await desk.say('verify'), new RegExp(`^1 BROKEN  ${chain}/00000001.jsonl:${line}: .*NOT whole`, 's'), what);
    const { code, stdout } = await desk.ctl('--json', 'verify');
    const result = JSON.parse(stdout);
    assert.deepEqual([code, result.whole, result.file, result.line], [1, false, '00000001.jsonl', line]);
  }
  await writeFile(file, edit(() => {}));
  assert.match(await desk.say('verify'), /^0 /);
  const [kept] = await readdir(path.join(desk.dir, 'journal/imports'));
  await writeFile(path.join(desk.dir, 'journal/imports', kept), 'x');
  assert.match(await desk.say('verify'), /^1 .*BROKEN  imports\//s);
  await rm(path.join(desk.dir, 'journal'), { recursive: true });
  assert.match(await desk.say('verify'), /^1 .*No such file/);
});

test('the event log is rebuilt, and a wrong file is not touched', async (t) => {
  const desk = await startDesk(t);
  for (let i = 0; i < 3; i++) await desk.say('optout', 'add', `1415555010${i}`, '--reason', 'x');
  const before = await desk.events();
  for (const end of ['', '-wal', '-shm']) await rm(path.join(desk.dir, `log.db${end}`), { force: true });
  const after = await desk.events();
  assert.deepEqual(after.map((e) => e.hash), before.map((e) => e.hash));
  assert.ok(after[0].id > before[2].id);
  await writeFile(path.join(desk.dir, 'log.db'), 'this is no database, but a letter of some length. '.repeat(200));
  assert.match(await desk.say('events'), /^1 .*log\.db is damaged or not an event log.*rebuilt from the journals/);
  assert.match(await readFile(path.join(desk.dir, 'log.db'), 'utf8'), /a letter/);
});

test('beside a daemon: a reply is explained, and what is asked for here is in force there', async (t) => {
  const world = await startWorld(t, { change: (conf) => (conf.programs = [shop]) });
  const { stopgate } = world;
  const client = await world.bind('transceiver');
  await client.submit('12025550100', '14155550100', 'hello');
  assert.equal(await world.sim.mo('14155550100', '12025550100', 'stop'), 'ESME_ROK');
  const number = await stopgate.number('4155550100');
  assert.equal(number.suppressed, true);
  assert.equal(number.lists[0].event.source, 'reply');
  assert.equal(number.lists[0].event.text, 'stop');
  const { stdout } = await stopgate.ctl('number', '4155550100');
  assert.match(stdout, /opt-out: reply "stop" to 12025550100 for program shop/);
  await client.submit('12025550100', '4155550100', 'hello');
  await eventsOf(world.dir, 'blocked');
  assert.equal((await stopgate.events('--type', 'blocked'))[0].number, '14155550100');
  await stopgate.json('optout', 'add', '14155550177', '--reason', 'x');
  assert.equal((await client.submit('12025550100', '(415) 555-0177', 'hello')).status, 'ESME_RINVDSTADR');
  await stopgate.json('optout', 'remove', '14155550177', '--reason', 'x');
  assert.equal((await client.submit('12025550100', '14155550177', 'hello')).status, 'ESME_ROK');
  await until(async () => (await stopgate.number('14155550177')).health.sent >= 1, 'health');
  const [status] = await stopgate.json('status');
  assert.deepEqual([status.ok, status.daemon.ready, status.problems], [true, true, []]);
  assert.equal(status.journal.chains.length, 2);
  assert.match((await stopgate.ctl('verify')).stdout, /is whole/);
});
