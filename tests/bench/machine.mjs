// The machine and what it does meanwhile: cores, limits, CPU time by /proc, and a temporary
// directory that goes away in the end.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const TICKS = 100; // USER_HZ on every Linux of today

export const cores = os.availableParallelism();
export const pinned = cores >= 2;
export const PROXY_CORE = 0;
export const LOAD_CORE = 1;

export const directory = mkdtempSync(path.join(os.tmpdir(), 'stopgate-bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

// A command and its arguments, on one core where the machine has two.
export function on(core, command, ...args) {
  return pinned ? ['taskset', ['-c', String(core), command, ...args]] : [command, args];
}

export function describe() {
  const cpu = os.cpus()[0]?.model ?? 'unknown CPU';
  return {
    cpu, cores, kernel: os.release(), memory_mib: Math.round(os.totalmem() / 2 ** 20),
    descriptors: descriptors(), load_average: os.loadavg()[0],
    layout: pinned
      ? `proxy on core ${PROXY_CORE}; load generator and Redis share core ${LOAD_CORE}`
      : 'one core for all: ratios only, and rough ones',
  };
}

// How many files a process may open.
export function descriptors() {
  const line = readFileSync('/proc/self/limits', 'utf8').match(/^Max open files\s+\S+\s+(\S+)/m);
  return line && line[1] !== 'unlimited' ? Number(line[1]) : Infinity;
}

export function rssKib(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+)/m)?.[1] ?? 0);
}

function cpuSeconds(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function busySeconds() {
  const [user, nice, system, , , irq, softirq, steal] =
    readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS;
}

// Measures how much of the machine processes used that are not ours: call the result when the
// measurement is over, with the CPU seconds of those that have ended meanwhile.
export function watchOthers(pids) {
  const ours = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const from = { time: performance.now(), busy: busySeconds(), ours: ours() };
  return (ended) => {
    const seconds = (performance.now() - from.time) / 1000;
    const others = busySeconds() - from.busy - (ours() - from.ours) - ended;
    return Math.max(0, others / seconds / cores);
  };
}
