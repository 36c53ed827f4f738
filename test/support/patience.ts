// Of one project alone: what jest.config.cjs says of it is for all.
jest.setTimeout(300_000);
