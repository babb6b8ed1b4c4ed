// Reads one order a line from standard input and writes one answer a line: a library of CQL is translated by the
// reference translator, and cql-execution judges pictures by it.
import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";

import { NamespaceManager, SystemModelInfoProvider } from "@cqframework/cql/cql";
import {
  CqlCompilerOptions,
  CqlTranslator,
  LibraryManager,
  ModelManager,
  createUcumService,
} from "@cqframework/cql/cql-to-elm";
import cql from "cql-execution";

globalThis.crypto ??= webcrypto; // node 18 keeps from the translator what later ones give it

const DATE = "{urn:hl7-org:elm-types:r1}Date";

// "28 days" is a word of CQL, but the translator wants a service for units to be there before it reads it.
const noUnits = () => {
  throw new Error("the criteria use no units but those of the calendar");
};
const units = createUcumService(noUnits, noUnits, noUnits, noUnits);

const models = new ModelManager(new NamespaceManager(), false);
models.modelInfoLoader.registerModelInfoProvider(new SystemModelInfoProvider());

function translated(text) {
  const options = new CqlCompilerOptions().withOptions([]);
  const translator = CqlTranslator.fromText(text, new LibraryManager(models, options, undefined, units));
  const complaints = translator.exceptions.asJsReadonlyArrayView().map((each) => `${each.severity}: ${each.message}`);
  const elm = JSON.parse(translator.toJson());
  const [written, found] = [nullsWritten(text), nullsIn(elm)];
  if (found !== written) complaints.push(`${found} nulls in the translation of ${written} in the text`);
  return { elm, complaints };
}

// What the translator does not understand may silently become a null.
const nullsIn = (value) =>
  value === null || typeof value !== "object"
    ? 0
    : (value.type === "Null") + Object.values(value).reduce((sum, each) => sum + nullsIn(each), 0);

const QUOTED_OR_COMMENT = /\/\/.*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g;
const nullsWritten = (text) => (text.replace(QUOTED_OR_COMMENT, "x").match(/\bnull as\b/g) ?? []).length;

// Every parameter is given: cql-execution takes one that is not for true.
function parametersOf(library, picture) {
  const given = Object.entries(library.parameters).map(([name, { parameterTypeSpecifier: { name: type } }]) => {
    const value = picture[name] ?? null;
    return [name, type === DATE && value !== null ? cql.Date.parse(value) : value];
  });
  return Object.fromEntries(given);
}

const plain = (value) => (value?.isDate ? value.toString() : value);

async function results(library, pictures) {
  const all = [];
  for (const picture of pictures) {
    const executor = new cql.Executor(library, null, parametersOf(library, picture));
    const { unfilteredResults } = await executor.exec(new cql.PatientSource([]));
    all.push(Object.fromEntries(Object.entries(unfilteredResults).map(([name, value]) => [name, plain(value)])));
  }
  return all;
}

// Microseconds for each picture, in each of the rounds; what comes before the judging is not counted. The context is
// one of a patient: there alone cql-execution remembers what it found false or unknown.
async function timed(library, pictures, asked, rounds) {
  const given = pictures.map((picture) => parametersOf(library, picture));
  const day = cql.DateTime.fromJSDate(new Date());
  const taken = [];
  for (let round = 0; round < rounds; round++) {
    const began = process.hrtime.bigint();
    for (const parameters of given) {
      const context = new cql.PatientContext(library, null, null, parameters, day);
      for (const name of asked) await library.expressions[name].execute(context);
    }
    taken.push(Number(process.hrtime.bigint() - began) / 1000 / given.length);
  }
  return taken;
}

async function answer({ text, pictures, asked, rounds }) {
  const { elm, complaints } = translated(text);
  if (complaints.length) return { complaints };
  const library = new cql.Library(elm);
  if (rounds) return { microseconds: await timed(library, pictures, asked, rounds) };
  return { results: await results(library, pictures) };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line)).catch((error) => ({ complaints: [String(error)] }))));
}
