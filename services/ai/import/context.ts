import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { RequestContext } from "../../../types/contracts.ts";

/** A request to import a model; the file of a form is its stream. */
export type ImportContext = RequestContext<ActionMap["model-import.create"]["params"]>;
