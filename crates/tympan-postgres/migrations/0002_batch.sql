-- The batches that nothing else tells of: which of them took effect is asked by inserting the same
-- name once more, as a tombstone. If it is there, the batch was committed; if it was not, it never
-- will be. Rows are of use for as long as somebody may ask, and removed when they are old.

CREATE TABLE "batch" (
    "name" text COLLATE "C" NOT NULL PRIMARY KEY,
    "at" timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX "batch_by_age" ON "batch" ("at");
