import type { ActionSchema, EventSchema, Middleware, ServiceSchema } from "moleculer";

/** What we add to Moleculer's description of an action. */
interface GuardedAction extends ActionSchema {
  /** to do it twice is to do it once: without this the framework may not repeat it */
  readonly isIdempotent?: boolean;
}

interface GuardedEvent extends EventSchema {
  readonly bulkhead?: { readonly enabled?: boolean };
}

/**
 * Refuses, at start, services that switch on what must not be, and switches breakers off where nobody asked for one:
 * Moleculer's need the global switch, without which their window never moves on.
 */
export function resilienceGuard(): Middleware {
  return {
    name: "ResilienceGuard",
    serviceCreating(_service, schema) {
      for (const [name, definition] of Object.entries(schema.actions ?? {})) {
        if (typeof definition === "boolean") continue;
        const action = typeof definition === "function" ? { handler: definition } : definition;
        checkAction(schema, name, action);
        schema.actions = {
          ...schema.actions,
          [name]: { ...action, circuitBreaker: action.circuitBreaker ?? { enabled: false } },
        };
      }
      for (const [name, event] of Object.entries(schema.events ?? {}))
        checkEvent(schema, name, event);
    },
  };
}

function checkAction({ name: service }: ServiceSchema, name: string, action: GuardedAction): void {
  const { retryPolicy, circuitBreaker, bulkhead, isIdempotent = false } = action;
  if (retryPolicy?.enabled === true && !isIdempotent)
    throw new Error(`${service}.${name}: expected no retryPolicy on what is not isIdempotent`);
  // It would send an actor's messages to a node that does not own it.
  if (circuitBreaker?.enabled === true && service === "actors")
    throw new Error(`${service}.${name}: expected no circuitBreaker on messages to actors`);
  // Moleculer takes 0 for no limit at all.
  if (bulkhead?.enabled === true && !((bulkhead.maxQueueSize ?? 0) >= 1))
    throw new Error(`${service}.${name}: expected a bulkhead with a maxQueueSize of 1 or more`);
}

/** It would drop events, and tell nobody. */
function checkEvent({ name: service }: ServiceSchema, name: string, event: unknown): void {
  // sound: a description of an event, or its handler, which has no such field
  const { bulkhead } = event as GuardedEvent;
  if (bulkhead?.enabled === true)
    throw new Error(`${service}: expected no bulkhead on the event ${name}`);
}
