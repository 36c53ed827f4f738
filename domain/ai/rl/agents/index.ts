import { dqn } from "./dqn.ts";
import type { AgentKind } from "./learner.ts";
import { ppo } from "./ppo.ts";
import { qLearning } from "./q-learning.ts";

export const AGENT_NAMES = ["ppo", "dqn", "qlearning"] as const;
export type AgentName = (typeof AGENT_NAMES)[number];

export const AGENTS: { readonly [name in AgentName]: AgentKind } = {
  ppo,
  dqn,
  qlearning: qLearning,
};
