-- Corporate actions, who traded under which ticker when, and what was refused of what came in.

-- A row is believed from known_at until retracted_at; a correction retracts one and adds another, so that what was believed
-- at an instant can be told for ever.
CREATE TABLE md.corporate_action (
  action_id uuid PRIMARY KEY,
  symbol text COLLATE "C" NOT NULL,
  kind text NOT NULL CHECK (kind IN ('split', 'dividend')),
  ex_date date NOT NULL,
  new_units numeric CHECK (new_units > 0 AND new_units < 'Infinity'),
  old_units numeric CHECK (old_units > 0 AND old_units < 'Infinity'),
  amount numeric CHECK (amount > 0 AND amount < 'Infinity'),
  currency text,
  reference_price numeric CHECK (reference_price > 0 AND reference_price < 'Infinity'),
  source text COLLATE "C" NOT NULL,
  known_at timestamptz NOT NULL,
  retracted_at timestamptz,
  CONSTRAINT split_has_units CHECK (
    kind <> 'split' OR (new_units IS NOT NULL AND old_units IS NOT NULL AND amount IS NULL AND currency IS NULL)
  ),
  CONSTRAINT dividend_has_amount CHECK (
    kind <> 'dividend' OR (amount IS NOT NULL AND currency IS NOT NULL AND new_units IS NULL AND old_units IS NULL)
  )
);
CREATE INDEX corporate_action_by_symbol ON md.corporate_action (symbol, ex_date);
-- One split a date. An ordinary and a special dividend may share one, the same amount twice may not.
CREATE UNIQUE INDEX one_split_a_date ON md.corporate_action (symbol, ex_date)
  WHERE kind = 'split' AND retracted_at IS NULL;
CREATE UNIQUE INDEX one_dividend_an_amount ON md.corporate_action (symbol, ex_date, amount, currency)
  WHERE kind = 'dividend' AND retracted_at IS NULL;

-- That an instrument, named by its symbol of today, was traded under a ticker; both dates are days of it. Nobody writes them
-- but models/listings.ts, which lets no two overlap.
CREATE TABLE md.listing (
  ticker text COLLATE "C" NOT NULL,
  symbol text COLLATE "C" NOT NULL,
  from_date date NOT NULL,
  until_date date CHECK (until_date >= from_date),
  known_at timestamptz NOT NULL,
  PRIMARY KEY (ticker, from_date)
);
CREATE INDEX listing_by_symbol ON md.listing (symbol, from_date);

-- What was not taken, or taken twice, by whoever brought it. `detail` and `last_at` are of the last one.
CREATE TABLE md.quality_count (
  symbol text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  detail text,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (symbol, source, reason)
);
