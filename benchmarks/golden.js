// json-logic-js on every lumisection of a year, timed by this process's own clock: only the calls of the library.
//
// Arguments: folder with json-logic-js, file of datasets (a JSON array per line, as engine.py writes it), the rule as JSON.
// Prints {"seconds", "lumisections", "passed"}; passed is [[run_number, first, last], …].
"use strict";

const fs = require("fs");
const path = require("path");
const readline = require("readline");

const [folder, datasets, rule] = process.argv.slice(2);
const logic = require(path.join(folder, "node_modules", "json-logic-js"));
const parsed = JSON.parse(rule);

function spread(stored, value, last) {
  const rows = Array.from({ length: last }, () => ({}));
  for (const [name, flat] of Object.entries(stored.columns)) {
    for (let place = 0; place < flat.length; place += 3) {
      for (let number = flat[place]; number <= flat[place + 1]; number++) rows[number - 1][name] = value(stored.values[flat[place + 2]]);
    }
  }
  return rows;
}

async function main() {
  let nanoseconds = 0n;
  let lumisections = 0;
  const passed = [];
  for await (const line of readline.createInterface({ input: fs.createReadStream(datasets) })) {
    const [run_number, name, attributes, rr_attributes, oms_attributes, rr, oms] = JSON.parse(line);
    const last = rr.present[rr.present.length - 1][1];
    const run = { oms: oms_attributes, rr: rr_attributes, run_number };
    const statuses = spread(rr, (triplet) => triplet.status, last);
    const bits = spread(oms, (value) => value, last);
    const dataset = { ...attributes, name };
    const documents = statuses.map((of_rr, index) => ({
      dataset, run, lumisection: { lumisection_number: index + 1, oms: bits[index], rr: of_rr },
    }));
    const begun = process.hrtime.bigint();
    const good = documents.map((each) => Boolean(logic.apply(parsed, each)));
    nanoseconds += process.hrtime.bigint() - begun;
    lumisections += documents.length;
    good.forEach((is_good, index) => {
      const before = passed[passed.length - 1];
      if (!is_good) return;
      if (before && before[0] === run_number && before[2] === index) before[2] = index + 1;
      else passed.push([run_number, index + 1, index + 1]);
    });
  }
  process.stdout.write(JSON.stringify({ seconds: Number(nanoseconds) / 1e9, lumisections, passed }));
}

main();
