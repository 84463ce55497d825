// Reads lines {"rule", "data"} and answers each with what json-logic-js makes of it, one line a case.
// Numbers travel as {"number": text}, for JSON has no NaN, Infinity or negative zero; objects as {"object": …}, failures as {"error": …}.
"use strict";

const path = require("path");
const readline = require("readline");
const jsonLogic = require(path.join(process.argv[2], "node_modules", "json-logic-js"));

console.log = () => {}; // the operator "log" must not write between the answers

function encode(value) {
  if (value === undefined) return null;
  if (typeof value === "number") return { number: Object.is(value, -0) ? "-0" : String(value) };
  if (Array.isArray(value)) return value.map(encode);
  if (value !== null && typeof value === "object") {
    return { object: Object.fromEntries(Object.entries(value).map(([key, part]) => [key, encode(part)])) };
  }
  return value;
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { rule, data } = JSON.parse(line);
  let answer;
  try {
    const value = jsonLogic.apply(rule, data);
    answer = { value: encode(value), passes: Boolean(value) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
