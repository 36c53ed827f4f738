-- Stored corporate actions on their way into portfolios.

-- The portfolios that were ever set to take them by themselves.
CREATE TABLE book.automatic_portfolio (
  portfolio_id text PRIMARY KEY
);

-- What became of an action in a portfolio. Whether it is in the books is known by the portfolio itself: a row spares looking
-- again, and one that says `undecided` or `withdrawn` was told to people in an alert.
CREATE TABLE book.portfolio_action (
  portfolio_id text NOT NULL,
  action_id uuid NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('applied', 'notHeld', 'undecided', 'withdrawn')),
  reason text NOT NULL,
  decided_at timestamptz NOT NULL,
  PRIMARY KEY (portfolio_id, action_id)
);
CREATE INDEX portfolio_action_applied ON book.portfolio_action (action_id) WHERE outcome = 'applied';
CREATE INDEX corporate_action_retracted ON md.corporate_action (action_id) WHERE retracted_at IS NOT NULL;
