// Lists and evidence as they lie in Redis and in the journal, read without stopgate's own tools.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from './place.mjs';

const bucket = (list, number) => [`sg:list:${list}:${Math.floor(number / 10000)}`, number % 10000];

export const isOn = async (redis, list, number) =>
  (await redis.cli('sismember', ...bucket(list, Number(number)))) === '1';

// Puts numbers on a list as an operator with redis-cli would.
export async function put(redis, list, ...numbers) {
  for (const number of numbers) await redis.cli('sadd', ...bucket(list, Number(number)));
}

// Every line of every chain, in order: { chain, line, event }.
export async function journalLines(dir) {
  const journal = path.join(dir, 'journal');
  const lines = [];
  for (const chain of (await readdir(journal).catch(() => [])).sort()) {
    const files = (await readdir(path.join(journal, chain))).filter((f) => f.endsWith('.jsonl'));
    for (const file of files.sort())
      for (const line of (await readFile(path.join(journal, chain, file), 'utf8')).split('\n'))
        if (line !== '') lines.push({ chain, line, event: JSON.parse(line) });
  }
  return lines;
}

export const journalEvents = async (dir, type) =>
  (await journalLines(dir)).map((l) => l.event).filter((e) => type === undefined || e.type === type);

// The events of a type, once there are `count` of them.
export const eventsOf = (dir, type, count = 1) =>
  until(async () => {
    const events = await journalEvents(dir, type);
    return events.length >= count ? events : null;
  }, `${count} events ${type}`);

// Checks a chain as the header of journal.h describes it, from the outside.
export function chainProblem(lines) {
  let previous = '0'.repeat(64);
  let seq = 1;
  for (const { line, event } of lines) {
    const { text, salt, hash, ...rest } = event;
    const sha = (data) => createHash('sha256').update(data).digest('hex');
    if (event.seq !== seq++) return `seq ${event.seq}`;
    if (event.prev !== previous) return `prev of ${event.seq}`;
    if (sha(JSON.stringify(rest)) !== hash) return `hash of ${event.seq}`;
    if (JSON.stringify({ ...rest, ...(text === undefined ? {} : { text, salt }), hash }) !== line)
      return `form of ${event.seq}`;
    previous = hash;
  }
  return null;
}
