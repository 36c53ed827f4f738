/**
 * What a run must not touch: time, chance and timers of the machine. A call of them in the middle of a run, by whatever
 * module, would make two runs of one seed differ.
 * @returns gives them back
 */
export function forbidAmbient(): () => void {
  const { setTimeout, setInterval, setImmediate } = globalThis;
  const { now } = Date;
  const { random } = Math;
  const forbid = (name: string) => (): never => {
    throw new Error(`${name} was called in a simulated run`);
  };
  Object.assign(globalThis, {
    setTimeout: forbid("setTimeout"),
    setInterval: forbid("setInterval"),
    setImmediate: forbid("setImmediate"),
  });
  Date.now = forbid("Date.now");
  Math.random = forbid("Math.random");
  return () => {
    Object.assign(globalThis, { setTimeout, setInterval, setImmediate });
    Date.now = now;
    Math.random = random;
  };
}
