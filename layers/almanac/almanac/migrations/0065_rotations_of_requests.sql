-- The request that gave an endpoint its secret: asked for again because its answer was lost, it gives no other one, for
-- that would end the secret that the receiver still has. Null: nobody has rotated it since, or a command has.
ALTER TABLE webhook_endpoints ADD COLUMN rotated_by uuid;
