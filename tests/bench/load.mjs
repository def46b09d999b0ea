// Runs sg-load and reads its line.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { Child } from '../e2e/lib/process.mjs';
import { build, freePort } from '../e2e/lib/place.mjs';
import { LOAD_CORE, on, watchOthers } from './machine.mjs';

export const sgLoad = path.join(build, 'tests/bench/sg-load');
export const failures = []; // what the checks found
export const others = { most: 0 }; // share of the machine that other processes had, at most

// The list's commands for redis-cli --pipe on the standard output of the process.
export function printList(count, list) {
  return spawn(sgLoad, ['--list', String(count), '--name', list], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function argumentsFor(target, options) {
  const args = ['--listen', `127.0.0.1:${target?.smsc ?? await freePort()}`];
  if (target) args.push('--target', `127.0.0.1:${target.port}`);
  if (!target?.redis) args.push('--blind');
  for (const [name, value] of Object.entries(options)) {
    if (value === true) args.push(`--${name}`);
    else if (value !== false) args.push(`--${name}`, String(value));
  }
  return args;
}

// `target`: a server, or null for the direct line. What sg-load prints, as an object.
export async function load(target, options) {
  const args = await argumentsFor(target, options);
  const watched = [];
  if (target) args.push('--watch', `proxy=${target.pid}`);
  if (target) watched.push(target.pid);
  if (target?.redis) args.push('--watch', `redis=${target.redis.pid}`);
  if (target?.redis) watched.push(target.redis.pid);
  const [program, all] = on(LOAD_CORE, sgLoad, ...args);
  await target?.redis?.commandTimes();
  const othersSince = watchOthers(watched);
  const child = new Child('sg-load', program, all);
  const seconds = (options.seconds ?? 5) + (options.warm ?? 0.5) + (options.drain ?? 10);
  const timer = setTimeout(() => child.kill(), (seconds + 90) * 1000);
  const { code } = await child.ended;
  clearTimeout(timer);
  const line = child.output.split('\n').find((text) => text.startsWith('{'));
  const said = child.output.split('\n').filter((text) => text && !text.startsWith('{')).join('\n');
  if (!line) throw new Error(`sg-load ${args.join(' ')}: ${said}\n${target?.child.describe() ?? ''}`);
  const result = JSON.parse(line);
  result.commands = await target?.redis?.commandTimes() ?? {};
  result.others = othersSince(result.own_cpu_seconds);
  others.most = Math.max(others.most, result.others);
  if (code !== 0) failures.push(`${target?.name ?? 'direct'} ${args.join(' ')}\n${said}`);
  return result;
}

// Opens idle sessions and calls `meanwhile` when all are bound.
export async function idle(target, sessions, meanwhile) {
  const args = await argumentsFor(target, { sessions, idle: true });
  const [program, all] = on(LOAD_CORE, sgLoad, ...args);
  const child = new Child('sg-load', program, all, { stdio: ['pipe', 'pipe', 'pipe'] });
  try {
    await child.said(/^\{"idle":\d+\}$/m, { timeout: 70000 });
    return await meanwhile();
  } finally {
    child.child.stdin.end();
    const timer = setTimeout(() => child.kill(), 15000);
    const { code } = await child.ended;
    clearTimeout(timer);
    if (code !== 0) failures.push(`${target.name}, ${sessions} idle sessions\n${child.output}`);
  }
}
