// The order of a measurement: options, cases, tables. Run by scripts/bench, which builds first.
import { cases, failures } from './cases.mjs';
import { others } from './load.mjs';
import { describe } from './machine.mjs';
import { stopAll } from './servers.mjs';
import { show, showMachine } from './table.mjs';

const plans = {
  quick: { repetitions: 1, seconds: 1, warm: 0.3, latencySeconds: 2, idle: [500], traced: 1000,
    lists: [1e6] },
  usual: { repetitions: 3, seconds: 3, warm: 0.5, latencySeconds: 5, idle: [2000], traced: 2000,
    lists: [1e6] },
  full: { repetitions: 5, seconds: 5, warm: 1, latencySeconds: 10, idle: [2000, 10000],
    traced: 5000, lists: [1e6, 2.5e8] },
};

function parse(args) {
  const wanted = { plan: plans.usual, only: Object.keys(cases), json: false };
  const only = [];
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--quick') wanted.plan = plans.quick;
    else if (args[i] === '--full') wanted.plan = plans.full;
    else if (args[i] === '--json') wanted.json = true;
    else if (args[i] === '--only' && Object.hasOwn(cases, args[i + 1] ?? '')) only.push(args[++i]);
    else {
      console.error(`bench: not understood: ${args.slice(i).join(' ')}\n` +
        `--only takes one of: ${Object.keys(cases).join(' ')}`);
      process.exit(2);
    }
  }
  if (only.length > 0) wanted.only = only;
  return wanted;
}

function say(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function main() {
  const { plan, only, json } = parse(process.argv.slice(2));
  const results = { machine: describe() };
  if (!json) console.log(showMachine(results.machine));
  try {
    for (const name of only) {
      results[name] = await cases[name](plan, say);
      say('');
      if (!json) console.log(show(name, results[name]));
    }
  } finally {
    await stopAll();
  }
  results.others = others.most;
  results.failures = failures;
  if (json) console.log(JSON.stringify(results, null, 2));
  else console.log(`Other processes used at most ${(others.most * 100).toFixed(0)} % of the machine.`);
  for (const failure of failures) console.error(`check failed: ${failure}`);
  return failures.length > 0 ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));
process.exit(await main());
