import { ALL_KINDS, openActors } from "../driven/actors.ts";
import { contest } from "../driven/contestant.ts";

/** Our actor layer, as a node has it. */
contest(() => openActors({ nodeId: "ours", kinds: ALL_KINDS }));
