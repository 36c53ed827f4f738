import { configureGlobal } from "../../node_modules/fast-check/lib/cjs/fast-check.js";

/**
 * What a specification gets that imports fast-check (jest.config.cjs): fast-check, with one seed for all. Every run of the suite
 * tries the same histories, so that what fails fails again and a change is blamed for what it did.
 * `LAWS_SEED=random` tries new ones, and a number those of that seed.
 */
export * from "../../node_modules/fast-check/lib/cjs/fast-check.js";

const FIXED = 20_090_103;

const wanted = process.env["LAWS_SEED"] ?? `${FIXED}`;
if (wanted !== "random") configureGlobal({ seed: Number(wanted) });
