-- What margin an instrument needs, what it costs to borrow, and which sector it belongs to.

ALTER TABLE md.instrument
  ADD COLUMN sector text,
  ADD COLUMN initial_margin numeric CHECK (initial_margin > 0 AND initial_margin <= 1),
  ADD COLUMN maintenance_margin numeric CHECK (maintenance_margin > 0 AND maintenance_margin <= 1),
  ADD COLUMN borrow_rate numeric CHECK (borrow_rate >= 0);
