-- When the content of a message was erased by order. What is left of it are its digest, which still
-- answers a resend with the first receipt, and which records its parts became.
ALTER TABLE bus.message ADD COLUMN erased_at timestamptz;
CREATE INDEX message_of_owner ON bus.message (owner, number) WHERE erased_at IS NULL;
