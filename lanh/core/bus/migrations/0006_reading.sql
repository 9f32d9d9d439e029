-- What scores and alerts read every minute: messages of a day (which come in the order of time, so
-- that ranges of pages tell where), and when a sender was last heard.
CREATE INDEX message_received ON bus.message USING brin (received_at) WITH (autosummarize = on);
CREATE INDEX message_heard ON bus.message (sender, received_at);
CREATE INDEX score_computed ON bus.score (computed_at);
