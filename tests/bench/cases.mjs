// What is measured. Each case starts what it needs and ends it, and returns plain data; table.mjs
// knows the budgets and how to show them.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { sleep } from '../e2e/lib/place.mjs';
import { failures, idle, load } from './load.mjs';
import { descriptors, directory, rssKib } from './machine.mjs';
import { Haproxy, Redis, Stopgate } from './servers.mjs';

const SESSIONS = 8;
const LIST = 1e6; // numbers on the list, of which the load writes to the first 1000

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function mediansOf(runs) {
  const of = (read) => {
    const values = runs.map(read).filter((value) => value !== undefined);
    return values.length > 0 ? median(values) : undefined;
  };
  return {
    per_second: of((run) => run.per_second),
    cpu_us: of((run) => run.cpu.proxy?.us_per_message),
    cpu_system: of((run) => run.cpu.proxy?.system),
    redis_us: of((run) => run.cpu.redis?.us_per_message),
    generator_us: of((run) => run.cpu.generator.us_per_message),
    p50: of((run) => run.accepted_us.p50),
    p99: of((run) => run.accepted_us.p99),
    refused_p50: of((run) => run.refused_us.count ? run.refused_us.p50 : undefined),
    refused_p99: of((run) => run.refused_us.count ? run.refused_us.p99 : undefined),
    check_us: of((run) => run.commands.sismember?.each_us),
    scripts_us: of((run) => run.commands.evalsha && run.commands.evalsha.us / run.total.sent),
    others: Math.max(...runs.map((run) => run.others)),
    runs: runs.length,
  };
}

// Runs the same load on several targets in turn, so that what else the machine does meets all.
async function inTurn(targets, repetitions, options, say) {
  const runs = Object.fromEntries(Object.keys(targets).map((name) => [name, []]));
  for (let i = 0; i < repetitions; i++) {
    for (const [name, target] of Object.entries(targets)) {
      say(`${name} ${JSON.stringify(options)}`);
      runs[name].push(await load(target, { sessions: SESSIONS, ...options }));
    }
  }
  return Object.fromEntries(Object.entries(runs).map(([name, all]) => [name, mediansOf(all)]));
}

async function pair(count = LIST) {
  const redis = await new Redis().start();
  const stopgate = await new Stopgate(redis).start();
  const bytes = count > 0 ? await redis.load(count) : 0;
  return { redis, stopgate, bytes, stop: async () => { await stopgate.stop(); await redis.stop(); } };
}

async function throughput(plan, say) {
  const haproxy = await new Haproxy().start();
  const { stopgate, stop } = await pair();
  const rows = [];
  for (const receipts of [false, true]) {
    for (const window of [10, 100]) {
      const measured = await inTurn({ haproxy, stopgate }, plan.repetitions,
        { window, receipts, seconds: plan.seconds, warm: plan.warm }, say);
      rows.push({
        window, receipts, ...measured,
        cpu_ratio: measured.stopgate.cpu_us / measured.haproxy.cpu_us,
        rate_ratio: measured.stopgate.per_second / measured.haproxy.per_second,
      });
    }
  }
  await stop();
  await haproxy.stop();
  return rows;
}

async function latency(plan, say) {
  const haproxy = await new Haproxy().start();
  const { stopgate, stop } = await pair();
  const measured = await inTurn({ direct: null, haproxy, stopgate }, plan.repetitions,
    { window: 100, rate: 1000, seconds: plan.latencySeconds, warm: plan.warm }, say);
  await stop();
  await haproxy.stop();
  const added = (over) => ({
    p50: measured.stopgate.p50 - over.p50,
    p99: measured.stopgate.p99 - over.p99,
  });
  return { ...measured, over_direct: added(measured.direct), over_haproxy: added(measured.haproxy) };
}

// Resident memory that each idle bind pair adds. What the kernel keeps for sockets is not in it.
async function idleMemory(plan, say) {
  const room = Math.floor((descriptors() - 200) / 2);
  const rows = [];
  for (const wanted of plan.idle) {
    const sessions = Math.min(wanted, room);
    const haproxy = await new Haproxy().start({ sessions });
    const { stopgate, stop } = await pair(0);
    const row = { wanted, sessions };
    for (const [name, target] of Object.entries({ haproxy, stopgate })) {
      say(`${name}: ${sessions} idle sessions`);
      const before = rssKib(target.pid);
      const after = await idle(target, sessions, async () => {
        await sleep(1000);
        return rssKib(target.pid);
      });
      row[name] = { before_kib: before, kib_per_pair: (after - before) / sessions };
    }
    rows.push(row);
    await stop();
    await haproxy.stop();
  }
  return rows;
}

function readStrace(file, messages) {
  const calls = {};
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const found = line.match(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$/);
    if (found && found[2] !== 'total') calls[found[2]] = Number(found[1]) / messages;
  }
  const each = Object.entries(calls).sort((a, b) => b[1] - a[1]).filter(([, n]) => n >= 0.001);
  return { total: Object.values(calls).reduce((a, b) => a + b, 0), each: Object.fromEntries(each) };
}

// System calls a message. strace slows the process down, so batches are larger than they would be.
async function syscalls(plan, say) {
  if (!existsSync('/usr/bin/strace')) return { missing: 'strace is not installed' };
  const redis = await new Redis().start();
  const rows = [];
  for (const window of [10, 100]) {
    const row = { window };
    for (const [name, server] of [['haproxy', new Haproxy()], ['stopgate', new Stopgate(redis)]]) {
      say(`${name} under strace, window ${window}`);
      await redis.cli('flushall');
      const file = path.join(directory, `strace-${name}-${window}`);
      await server.start({ trace: file });
      if (name === 'stopgate') await redis.load(1000);
      const messages = plan.traced * window;
      await load(server, { sessions: SESSIONS, window, messages });
      await server.stop();
      row[name] = readStrace(file, messages);
    }
    rows.push(row);
  }
  await redis.stop();
  return rows;
}

// The same traffic, none of it suppressed, with lists of different sizes.
async function listSize(plan, say) {
  const pairs = {};
  for (const count of [0, ...plan.lists]) {
    say(`a list of ${count}`);
    pairs[count] = await pair(count);
  }
  const spread = Math.min(Math.max(...plan.lists), 8e8);
  const targets = Object.fromEntries(Object.entries(pairs).map(([count, p]) => [count, p.stopgate]));
  const options = { window: 100, 'one-in': 0, spread, warm: plan.warm };
  const flood = await inTurn(targets, plan.repetitions, { ...options, seconds: plan.seconds }, say);
  const calm = await inTurn(targets, plan.repetitions,
    { ...options, rate: 1000, seconds: plan.latencySeconds }, say);
  for (const one of Object.values(pairs)) await one.stop();
  return Object.entries(flood).map(([count, m]) => ({
    numbers: Number(count), bytes: pairs[count].bytes, ...m,
    calm_p50: calm[count].p50, p50_ratio: calm[count].p50 / calm[0].p50,
  }));
}

// What else changes the price of a message: a second list; blocked numbers that are all different,
// so that each is an event of its own; few numbers, whose health is gathered before it is written.
async function variants(plan, say) {
  const redis = await new Redis().start();
  const one = await new Stopgate(redis).start();
  await redis.load(LIST);
  const options = { window: 100, seconds: plan.seconds, warm: plan.warm };
  const plain = await inTurn({ stopgate: one }, plan.repetitions, options, say);
  const distinct = await inTurn({ stopgate: one }, plan.repetitions,
    { ...options, suppressed: LIST }, say);
  const few = await inTurn({ stopgate: one }, plan.repetitions, { ...options, spread: 256 }, say);
  await one.stop();
  const redis2 = await new Redis().start();
  const two = await new Stopgate(redis2).start({ lists: ['optout', 'bounced'] });
  await redis2.load(LIST);
  const second = await inTurn({ stopgate: two }, plan.repetitions, options, say);
  await two.stop();
  await redis.stop();
  await redis2.stop();
  return { plain: plain.stopgate, two_lists: second.stopgate, distinct: distinct.stopgate,
    few: few.stopgate };
}

export const cases = { throughput, latency, idle: idleMemory, syscalls, list: listSize, variants };
export { failures };
