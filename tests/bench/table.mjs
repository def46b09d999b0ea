// Shows results beside the budgets of design section 12.
const number = (value, digits = 2) => (value === undefined ? '-' : value.toFixed(digits));
const grouped = (value) => Math.round(value).toLocaleString('en-US');

function judge(value, budget) {
  if (!budget) return '';
  const [kind, limit] = budget;
  const ok = kind === 'most' ? value <= limit : value >= limit;
  return `${kind === 'most' ? '<=' : '>='} ${limit} ${ok ? 'ok' : 'OVER'}`;
}

// Columns as wide as what stands in them; the first to the left, the others to the right.
function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  return all.map((row) => row.map((cell, i) =>
    (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ').trimEnd()).join('\n');
}

const budgets = {
  cpu: { '10': ['most', 2.6], '100': ['most', 4] },
  rate: { '10': ['least', 0.3], '10 receipts': ['least', 0.4] },
};

function throughput(rows) {
  const head = ['window', 'messages/s', 'proxy us', 'of it kernel', 'Redis us', 'a check', 'scripts',
    'p50 us', 'p99 us'];
  const line = (label, m) => [label, grouped(m.per_second), number(m.cpu_us, 3),
    `${number(m.cpu_system * 100, 0)} %`, number(m.redis_us, 3),
    number(m.check_us), number(m.scripts_us), number(m.p50, 0), number(m.p99, 0)];
  const ratios = [];
  const body = [];
  for (const row of rows) {
    const label = `${row.window}${row.receipts ? ' receipts' : ''}`;
    body.push(line(`${label}, HAProxy`, row.haproxy), line(`${label}, stopgate`, row.stopgate));
    ratios.push([label, number(row.cpu_ratio), row.receipts ? '' : judge(row.cpu_ratio, budgets.cpu[label]),
      number(row.rate_ratio), judge(row.rate_ratio, budgets.rate[label])]);
  }
  return `${table(head, body)}\n\n${table(
    ['stopgate / HAProxy, window', 'CPU', 'budget', 'messages/s', 'budget'], ratios)}`;
}

function latency(m) {
  const rows = [];
  for (const name of ['direct', 'haproxy', 'stopgate'])
    rows.push([name, number(m[name].p50, 0), number(m[name].p99, 0), '', '']);
  rows.push(['stopgate, refusals', number(m.stopgate.refused_p50, 0),
    number(m.stopgate.refused_p99, 0), '', '']);
  rows.push(['added over direct', number(m.over_direct.p50, 0), number(m.over_direct.p99, 0),
    judge(m.over_direct.p50, ['most', 100]), judge(m.over_direct.p99, ['most', 500])]);
  rows.push(['added over HAProxy', number(m.over_haproxy.p50, 0), number(m.over_haproxy.p99, 0), '', '']);
  return table(['at 1,000 messages/s', 'p50 us', 'p99 us', 'p50 budget', 'p99 budget'], rows);
}

function idle(rows) {
  const body = rows.map((row) => [
    row.sessions === row.wanted ? row.sessions : `${row.sessions} (of ${row.wanted}: descriptors)`,
    number(row.haproxy.kib_per_pair, 1), number(row.stopgate.kib_per_pair, 1),
    judge(row.stopgate.kib_per_pair, ['most', 16])]);
  return table(['idle bind pairs', 'HAProxy KiB each', 'stopgate KiB each', 'budget'], body);
}

function syscalls(rows) {
  if (rows.missing) return rows.missing;
  const body = [];
  for (const row of rows) {
    for (const name of ['haproxy', 'stopgate']) {
      const each = Object.entries(row[name].each).slice(0, 5)
        .map(([call, n]) => `${call} ${number(n, 3)}`).join(', ');
      body.push([`${row.window}, ${name}`, number(row[name].total, 3), each]);
    }
  }
  return table(['window', 'system calls a message', 'most frequent'], body);
}

function list(rows) {
  const body = rows.map((row) => [grouped(row.numbers), number(row.bytes, 2),
    grouped(row.per_second), number(row.cpu_us, 3), number(row.redis_us, 3),
    number(row.check_us), number(row.calm_p50, 0), number(row.p50_ratio),
    row.numbers > 0 ? judge(row.p50_ratio, ['most', 1.1]) : '']);
  return table(['numbers on the list', 'bytes each', 'messages/s', 'proxy us', 'Redis us', 'a check',
    'p50 at 1,000/s', 'to empty', 'budget'], body);
}

function variants(m) {
  const line = (label, v) => [label, grouped(v.per_second), number(v.cpu_us, 3),
    number(v.redis_us, 3), number(v.check_us), number(v.scripts_us), number(v.p99, 0)];
  return table(['window 100', 'messages/s', 'proxy us', 'Redis us', 'a check', 'scripts', 'p99 us'], [
    line('one list, a million numbers', m.plain),
    line('two lists', m.two_lists),
    line('a million blocked numbers', m.distinct),
    line('256 numbers', m.few)]);
}

const titles = {
  throughput: ['Throughput: 8 sessions, one message in ten suppressed', throughput],
  latency: ['Latency', latency],
  idle: ['Idle memory', idle],
  syscalls: ['System calls', syscalls],
  list: ['Size of the list: window 100, nothing suppressed', list],
  variants: ['Variants', variants],
};

export function show(name, result) {
  const [title, format] = titles[name];
  return `${title}\n${format(result)}\n`;
}

export function showMachine(machine) {
  return `${machine.cpu}, ${machine.cores} cores, ${grouped(machine.memory_mib)} MiB, Linux ${machine.kernel}
${machine.layout}
Redis without persistence, on a unix socket; medians. us: CPU microseconds a
message; "a check" and "scripts" are what Redis counts itself: a call of SISMEMBER, and all
scripts a message.
`;
}
