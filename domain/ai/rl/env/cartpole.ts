import type { RandomStream } from "../../../numeric/random.ts";
import type { Environment, Outcome } from "./environment.ts";

const GRAVITY = 9.8;
const POLE_MASS = 0.1;
const TOTAL_MASS = 1.1;
/** metres, half of the pole */
const HALF_LENGTH = 0.5;
const FORCE = 10;
/** seconds a step */
const TAU = 0.02;
const ANGLE_MAX = (12 * 2 * Math.PI) / 360;
const PLACE_MAX = 2.4;
const STEPS = 500;

/**
 * The pole on a cart of Barto, Sutton & Anderson (1983), with the numbers of Gymnasium's CartPole-v1: Euler's steps of 20 ms, a force of 10 N
 * to the left (0) or right (1), 1 for each step, over when the pole leans by 12° or the cart is 2.4 m from the middle, cut after 500.
 * The observation is (place, speed, angle, angular speed).
 */
export class CartPole implements Environment {
  readonly width = 4;
  readonly actions = 2;
  readonly levels = [null, null, null, null];
  #state = new Float64Array(4);
  #step = 0;

  reset(random: RandomStream, observation: Float64Array): void {
    for (let i = 0; i < 4; i += 1) this.#state[i] = 0.1 * random.uniform() - 0.05;
    this.#step = 0;
    observation.set(this.#state);
  }

  step(action: number, _random: RandomStream, observation: Float64Array): Outcome {
    this.#state = moved(this.#state, action === 1 ? FORCE : -FORCE);
    this.#step += 1;
    observation.set(this.#state);
    const [place = 0, , angle = 0] = this.#state;
    const isTerminal = Math.abs(place) > PLACE_MAX || Math.abs(angle) > ANGLE_MAX;
    return { reward: 1, isTerminal, isTruncated: !isTerminal && this.#step >= STEPS };
  }

  save(): Float64Array {
    return Float64Array.of(...this.#state, this.#step);
  }

  restore(saved: Float64Array): void {
    if (saved.length !== 5)
      throw new RangeError(`expected 5 numbers of a cart, found ${saved.length}`);
    this.#state = saved.slice(0, 4);
    this.#step = saved[4] ?? 0;
  }
}

function moved(state: Float64Array, force: number): Float64Array<ArrayBuffer> {
  const [place = 0, speed = 0, angle = 0, spin = 0] = state;
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle);
  const push = (force + POLE_MASS * HALF_LENGTH * spin * spin * sine) / TOTAL_MASS;
  const spinUp =
    (GRAVITY * sine - cosine * push) /
    (HALF_LENGTH * (4 / 3 - (POLE_MASS * cosine * cosine) / TOTAL_MASS));
  const speedUp = push - (POLE_MASS * HALF_LENGTH * spinUp * cosine) / TOTAL_MASS;
  return Float64Array.of(
    place + TAU * speed,
    speed + TAU * speedUp,
    angle + TAU * spin,
    spin + TAU * spinUp,
  );
}
