-- What an instrument's orders are limited to, and when it trades.

ALTER TABLE md.instrument
  ADD COLUMN min_quantity numeric CHECK (min_quantity > 0),
  ADD COLUMN max_quantity numeric CHECK (max_quantity > 0),
  ADD COLUMN min_notional numeric CHECK (min_notional > 0),
  ADD COLUMN max_notional numeric CHECK (max_notional > 0),
  ADD COLUMN is_halted boolean NOT NULL DEFAULT false,
  ADD COLUMN is_regular_hours_only boolean NOT NULL DEFAULT false;

-- Portfolios as they were listed before they could be halted.
UPDATE act.view SET doc = (doc::jsonb || '{"tradingState":"active"}')::json
  WHERE type = 'portfolio' AND NOT doc::jsonb ? 'tradingState';
