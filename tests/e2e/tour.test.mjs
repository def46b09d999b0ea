// scripts/run and the commands that it prints for a newcomer, taken from its output as they stand.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { atEnd } from './lib/cleanup.mjs';
import { build, freePort, root, temporary } from './lib/place.mjs';
import { run } from './lib/process.mjs';

const script = path.join(root, 'scripts/run');
const env = { ...process.env, STOPGATE_BUILD: build };

async function start(dir) {
  const { code, stdout, stderr } = await run(script, [
    '--no-install', '--no-build', '--background', '--dir', dir,
    '--listen', `127.0.0.1:${await freePort()}`, '--console', `127.0.0.1:${await freePort()}`,
  ], { env });
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

// The commands under the tour's numbers: { 1: [line], ..., 5: [line, line] }.
function commandsOf(text) {
  const commands = {};
  let number;
  for (const line of text.split('\n')) {
    const step = line.match(/^(\d)\. /);
    if (step) commands[number = step[1]] = [];
    else if (line === '') number = undefined;
    else if (number && line.startsWith('   ')) commands[number].push(line.trim());
  }
  return commands;
}

const shell = (command) => run('bash', ['-c', command], { cwd: root });

async function logsOf(dir) {
  const names = (await readdir(dir)).filter((name) => name.includes('.log'));
  return Promise.all(names.map((name) => readFile(path.join(dir, name), 'utf8')));
}

test('the tour works as it is printed, and again over the same directory', async (t) => {
  const dir = await temporary(t);
  atEnd(t, () => run(script, ['--stop', '--dir', dir], { env }));
  const tour = commandsOf(await start(dir));
  const step = (number, index = 0) => shell(tour[number][index]);

  const sent = await step(1);
  assert.match(sent.stdout, /^ESME_ROK message_id=\d+$/m);
  assert.equal(sent.code, 0);
  assert.equal((await step(2)).stdout, 'deliver_sm_resp ESME_ROK\n');
  const events = await step(3);
  assert.match(events.stdout, /optout.*14155550100/);
  const refused = await step(4);
  assert.equal(refused.stdout, 'refused: ESME_RINVDSTADR (0x0000000B)\n');
  assert.equal(refused.code, 1);
  const number = await step(5, 0);
  assert.match(number.stdout, /optout/);
  const verified = await step(5, 1);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);

  assert.match(await readFile(path.join(dir, 'inbox.log'), 'utf8'), /text="STOP"/);
  assert.equal((await run(script, ['--no-install', '--no-build', '--dir', dir], { env })).code, 1,
    'two at a time in one directory');
  assert.equal((await run(script, ['--stop', '--dir', dir], { env })).code, 0);

  const again = commandsOf(await start(dir));
  assert.equal((await shell(again[4][0])).code, 1, 'the opt-out outlives a restart');
  assert.equal((await run(script, ['--stop', '--dir', dir], { env })).code, 0);
  for (const log of await logsOf(dir)) assert.doesNotMatch(log, /Sanitizer|runtime error/);
});
