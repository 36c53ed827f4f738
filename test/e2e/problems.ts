import { isProblemCode, PROBLEMS } from "../../mixins/rest/problem-codes.ts";
import type { ProblemCode } from "../../mixins/rest/problem-codes.ts";
import type { Problem } from "../../mixins/rest/problem.ts";
import type { HttpAnswer } from "../support/http.ts";

/** The problem that an answer carries. Fails when it is none, or not a whole one. */
export function problemOf({ status, headers, text }: HttpAnswer): Problem {
  expect(headers["content-type"]).toBe("application/problem+json");
  // sound: what the expectations below hold it to
  const problem = JSON.parse(text) as Problem;
  expect(problem).toMatchObject({
    type: `urn:quantumalpha:problem:${problem.code}`,
    title: expect.any(String),
    status,
    detail: expect.any(String),
    instance: expect.any(String),
    requestId: headers["x-request-id"],
  });
  if (!isProblemCode(problem.code)) throw new Error(`${String(problem.code)} is no problem code`);
  return problem;
}

/** That an answer is this problem, and names these paths if any. */
export function expectProblem(
  answer: HttpAnswer,
  code: ProblemCode,
  paths: readonly string[] = [],
): Problem {
  const problem = problemOf(answer);
  const found = problem.errors?.map(({ path }) => path) ?? [];
  expect({ code: problem.code, paths: paths.filter((path) => found.includes(path)) }).toEqual({
    code,
    paths,
  });
  expect(answer.status).toBe(PROBLEMS[code][0]);
  return problem;
}
