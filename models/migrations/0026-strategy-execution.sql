-- How a strategy's orders are sent, and what keeps it from sending more.
ALTER TABLE md.strategy
  ADD COLUMN execution jsonb NOT NULL
    DEFAULT '{"orderType": "market", "offsetBps": "0", "timeInForce": "gtc", "closeAtExpiry": false}',
  ADD COLUMN max_open_positions integer,
  ADD COLUMN cooldown_bars integer,
  ADD COLUMN max_daily_loss numeric;
-- The newest signal of a strategy in a symbol.
CREATE INDEX signal_by_strategy_symbol ON md.signal (strategy_id, symbol, as_of);
