import type { Json } from "../../../shared/json.ts";
import type { Algorithm, AlgorithmBook } from "../../learning/algorithm.ts";
import type { ParameterFault, Parameters } from "../../learning/parameters.ts";
import { readParameters } from "../../learning/read-parameters.ts";
import { faultsOfEmpty, refuseFaults } from "../faults.ts";
import { Fields, parametersOf } from "../fitted.ts";

export interface Member {
  readonly algorithm: Algorithm;
  readonly parameters: Parameters;
}

type ReadMember = { readonly member: Member } | { readonly faults: readonly ParameterFault[] };

/** @throws FitRefused `PARAMETERS`, naming the first member that is wrong and what with it */
export function membersOf(book: AlgorithmBook, parameters: Parameters): readonly Member[] {
  refuseFaults(memberFaults(book, parameters));
  return readMembers(book, parameters).flatMap((read) => ("member" in read ? [read.member] : []));
}

/** What is wrong with the members, each fault by its path. */
export function memberFaults(
  book: AlgorithmBook,
  parameters: Parameters,
): readonly ParameterFault[] {
  return [
    ...faultsOfEmpty(parameters, "members"),
    ...readMembers(book, parameters).flatMap((read) => ("faults" in read ? read.faults : [])),
  ];
}

function readMembers(book: AlgorithmBook, parameters: Parameters): readonly ReadMember[] {
  const given = parametersOf(parameters).list("members");
  return given.map((member, i) => readMember(book, member, `parameters.members[${i}]`));
}

function readMember(book: AlgorithmBook, given: Json, path: string): ReadMember {
  const member = new Fields(given, path);
  const name = member.any("algorithm");
  const algorithm = typeof name === "string" ? book.get(name) : undefined;
  if (algorithm === undefined)
    return fault(`${path}.algorithm`, `must be one of ${[...book.keys()].join(", ")}`);
  const own = member.any("parameters") ?? {};
  if (!isObject(own)) return fault(`${path}.parameters`, "must be an object");
  const read = readParameters(algorithm.parameters, own);
  const faults = read.isValid ? (algorithm.check?.(read.parameters) ?? []) : read.faults;
  return read.isValid && faults.length === 0
    ? { member: { algorithm, parameters: read.parameters } }
    : { faults: faults.map(({ path: below, message }) => ({ path: `${path}.${below}`, message })) };
}

function fault(path: string, message: string): ReadMember {
  return { faults: [{ path, message }] };
}

function isObject(json: Json): json is { readonly [name: string]: Json | undefined } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** @throws RangeError when there is none of that name */
export function memberFrom(book: AlgorithmBook, name: string): Algorithm {
  const algorithm = book.get(name);
  if (algorithm === undefined) throw new RangeError(`expected a known algorithm, found ${name}`);
  return algorithm;
}
