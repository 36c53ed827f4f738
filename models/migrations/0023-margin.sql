-- The portfolios whose margin or financing has to be looked at, as few of all are.

CREATE TABLE book.margined (
  portfolio_id text PRIMARY KEY
);
