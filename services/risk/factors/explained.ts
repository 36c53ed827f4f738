import type { FactorsView } from "../../../mixins/rest/routes/risk-factors.ts";
import type { Subject } from "../inputs/subject.ts";

export interface Factors {
  readonly names: readonly string[];
  /** one a name, as long as the subject's */
  readonly columns: readonly Float64Array[];
}

/** What is explained, by what. */
export interface Explained {
  readonly subject: Subject;
  readonly factors: Factors;
  /** where the factors are made of the subject itself */
  readonly components?: NonNullable<FactorsView["components"]>;
}
