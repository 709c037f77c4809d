-- The tables of the records, column by column as the core describes them; a test compares.
--
-- The tenant comes first in every key and every index, so that the tables can be distributed by
-- tenant. Nothing refers to anything by a foreign key, and nothing is unique but keys: those are
-- rules, and the core has them. Texts are compared by their bytes.
--
-- The session's search path names the schema.

CREATE TABLE "tenant" (
    "id" bigint NOT NULL PRIMARY KEY,
    "name" text COLLATE "C" NOT NULL,
    "version" bigint NOT NULL,
    "default_profile" bigint NOT NULL,
    "currency" text COLLATE "C" NOT NULL,
    "card_pipeline" text COLLATE "C" NOT NULL,
    "pin_length" bigint NOT NULL,
    "pin_alphabet" text COLLATE "C" NOT NULL,
    "pin_floor" text COLLATE "C" NOT NULL,
    "low_funds" text COLLATE "C" NOT NULL,
    "time_zone_database" text COLLATE "C" NOT NULL,
    "created_at" bigint NOT NULL,
    "digests" bytea NOT NULL
);

CREATE TABLE "price_list" (
    "tenant" bigint NOT NULL,
    "id" bigint NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "version" bigint NOT NULL,
    "retired" bigint NOT NULL,
    "currency" text COLLATE "C" NOT NULL,
    "rounding" text COLLATE "C" NOT NULL,
    "created_at" bigint NOT NULL,
    PRIMARY KEY ("tenant", "id")
);

CREATE TABLE "price_rule" (
    "tenant" bigint NOT NULL,
    "price_list" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "place" bigint NOT NULL,
    "effective_from" bigint NOT NULL,
    "queue" text COLLATE "C",
    "media" text COLLATE "C",
    "mono_page_micros" bigint NOT NULL,
    "colour_page_micros" bigint NOT NULL,
    "sheet_micros" bigint NOT NULL,
    "area_micros" bigint NOT NULL,
    "job_micros" bigint NOT NULL,
    "two_sided_numerator" bigint NOT NULL,
    "two_sided_denominator" bigint NOT NULL,
    PRIMARY KEY ("tenant", "price_list", "revision", "place")
);

CREATE TABLE "profile" (
    "tenant" bigint NOT NULL,
    "id" bigint NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "version" bigint NOT NULL,
    "retired" bigint NOT NULL,
    "price_list" bigint,
    "tracking" text COLLATE "C" NOT NULL,
    "stacking" text COLLATE "C" NOT NULL,
    "created_at" bigint NOT NULL,
    PRIMARY KEY ("tenant", "id")
);

CREATE TABLE "plan_revision" (
    "tenant" bigint NOT NULL,
    "plan" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "owner" text COLLATE "C" NOT NULL,
    "effective_from" bigint NOT NULL,
    "priority" bigint NOT NULL,
    "measure" text COLLATE "C" NOT NULL,
    "amount" bigint NOT NULL,
    "schedule" text COLLATE "C" NOT NULL,
    "time_of_day" text COLLATE "C" NOT NULL,
    "time_zone" text COLLATE "C" NOT NULL,
    "verb" text COLLATE "C" NOT NULL,
    "run_if_missed" bigint NOT NULL,
    "suspended" bigint NOT NULL,
    "when_exhausted" text COLLATE "C" NOT NULL,
    "overdraft" bigint NOT NULL,
    "low_balances" text COLLATE "C" NOT NULL,
    "ended" bigint NOT NULL,
    PRIMARY KEY ("tenant", "plan", "revision")
);

CREATE TABLE "role" (
    "tenant" bigint NOT NULL,
    "id" bigint NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "version" bigint NOT NULL,
    "retired" bigint NOT NULL,
    "production" bigint NOT NULL,
    "created_at" bigint NOT NULL,
    PRIMARY KEY ("tenant", "id")
);

CREATE TABLE "role_permission" (
    "tenant" bigint NOT NULL,
    "role" bigint NOT NULL,
    "permission" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant", "role", "permission")
);

CREATE TABLE "user_group" (
    "tenant" bigint NOT NULL,
    "id" bigint NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "version" bigint NOT NULL,
    "retired" bigint NOT NULL,
    "created_at" bigint NOT NULL,
    PRIMARY KEY ("tenant", "id")
);

CREATE TABLE "account" (
    "tenant" bigint NOT NULL,
    "id" bigint NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "version" bigint NOT NULL,
    "retired" bigint NOT NULL,
    "created_at" bigint NOT NULL,
    PRIMARY KEY ("tenant", "id")
);

CREATE TABLE "user" (
    "tenant" bigint NOT NULL,
    "id" bigint NOT NULL,
    "version" bigint NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "username" text COLLATE "C",
    "network_name" text COLLATE "C",
    "network_domain" text COLLATE "C",
    "email" text COLLATE "C",
    "active" bigint NOT NULL,
    "production" bigint NOT NULL,
    "restricted" bigint NOT NULL,
    "price_percent" bigint,
    "shared_with" text COLLATE "C",
    "account_code" text COLLATE "C",
    "department" text COLLATE "C",
    "office" text COLLATE "C",
    "home" text COLLATE "C",
    "notes" text COLLATE "C",
    "profile" bigint NOT NULL,
    "profile_since" bigint NOT NULL,
    "groups" text COLLATE "C" NOT NULL,
    "role" bigint,
    "created_at" bigint NOT NULL,
    "updated_at" bigint NOT NULL,
    "name_folded" text COLLATE "C" NOT NULL,
    "username_folded" text COLLATE "C",
    "network_name_folded" text COLLATE "C",
    "email_folded" text COLLATE "C",
    "account_code_folded" text COLLATE "C",
    "digest" bytea NOT NULL,
    PRIMARY KEY ("tenant", "id")
) WITH (fillfactor = 70);

CREATE TABLE "identity" (
    "tenant" bigint NOT NULL,
    "user" bigint NOT NULL,
    "id" bigint NOT NULL,
    "kind" text COLLATE "C" NOT NULL,
    "value" text COLLATE "C" NOT NULL,
    "shown" text COLLATE "C" NOT NULL,
    "sealed" bytea,
    "label" text COLLATE "C",
    "enabled" bigint NOT NULL,
    "is_primary" bigint NOT NULL,
    "alone" bigint NOT NULL,
    "source" text COLLATE "C" NOT NULL,
    "created_at" bigint NOT NULL,
    PRIMARY KEY ("tenant", "user", "id")
);

CREATE TABLE "membership" (
    "tenant" bigint NOT NULL,
    "user" bigint NOT NULL,
    "user_group" bigint NOT NULL,
    "since" bigint NOT NULL,
    PRIMARY KEY ("tenant", "user", "user_group")
);

CREATE TABLE "role_row" (
    "tenant" bigint NOT NULL,
    "user" bigint NOT NULL,
    "id" bigint NOT NULL,
    "role" bigint NOT NULL,
    "all_accounts" bigint NOT NULL,
    PRIMARY KEY ("tenant", "user", "id")
);

CREATE TABLE "role_row_account" (
    "tenant" bigint NOT NULL,
    "user" bigint NOT NULL,
    "role_row" bigint NOT NULL,
    "account" bigint NOT NULL,
    PRIMARY KEY ("tenant", "user", "role_row", "account")
);

CREATE TABLE "claim" (
    "tenant" bigint NOT NULL,
    "kind" text COLLATE "C" NOT NULL,
    "value" text COLLATE "C" NOT NULL,
    "user" bigint NOT NULL,
    "identity" bigint NOT NULL,
    "version" bigint NOT NULL,
    PRIMARY KEY ("tenant", "kind", "value")
);

CREATE TABLE "uses" (
    "tenant" bigint NOT NULL,
    "kind" text COLLATE "C" NOT NULL,
    "id" bigint NOT NULL,
    "users" bigint NOT NULL,
    "active_users" bigint NOT NULL,
    "version" bigint NOT NULL,
    PRIMARY KEY ("tenant", "kind", "id")
) WITH (fillfactor = 70);

CREATE TABLE "wallet" (
    "tenant" bigint NOT NULL,
    "owner" bigint NOT NULL,
    "kind" text COLLATE "C" NOT NULL,
    "feed" bigint NOT NULL,
    "measure" text COLLATE "C" NOT NULL,
    "version" bigint NOT NULL,
    "balance" bigint NOT NULL,
    "held" bigint NOT NULL,
    "hold_expires_at" bigint,
    "spent" bigint NOT NULL,
    "used" bigint NOT NULL,
    "carried" bigint NOT NULL,
    "fed" bigint NOT NULL,
    "entries" bigint NOT NULL,
    "last_entry" bigint NOT NULL,
    "chain" bytea NOT NULL,
    "settled_at" bigint NOT NULL,
    "missed" bigint NOT NULL,
    "given" bigint NOT NULL,
    "taken_back" bigint,
    "used_by_day" text COLLATE "C" NOT NULL,
    "revision" bigint NOT NULL,
    "next_due_at" bigint,
    "latest_at" bigint NOT NULL,
    "last_job_at" bigint,
    PRIMARY KEY ("tenant", "owner", "kind", "feed")
) WITH (fillfactor = 70);

CREATE TABLE "hold" (
    "tenant" bigint NOT NULL,
    "id" bigint NOT NULL,
    "owner" bigint NOT NULL,
    "version" bigint NOT NULL,
    "state" text COLLATE "C" NOT NULL,
    "created_at" bigint NOT NULL,
    "expires_at" bigint NOT NULL,
    "resolved_at" bigint,
    "settled_by" bytea,
    "job_kind" text COLLATE "C",
    "shared_by" bigint,
    "shared_order" text COLLATE "C",
    PRIMARY KEY ("tenant", "id")
) WITH (fillfactor = 70);

CREATE TABLE "hold_part" (
    "tenant" bigint NOT NULL,
    "owner" bigint NOT NULL,
    "kind" text COLLATE "C" NOT NULL,
    "feed" bigint NOT NULL,
    "hold" bigint NOT NULL,
    "amount" bigint NOT NULL,
    "expires_at" bigint NOT NULL,
    PRIMARY KEY ("tenant", "owner", "kind", "feed", "hold")
);

CREATE TABLE "entry" (
    "id" bigint NOT NULL,
    "tenant" bigint NOT NULL,
    "owner" bigint NOT NULL,
    "kind" text COLLATE "C" NOT NULL,
    "feed" bigint NOT NULL,
    "sequence" bigint NOT NULL,
    "previous" bigint NOT NULL,
    "at" bigint NOT NULL,
    "due_at" bigint,
    "verb" text COLLATE "C" NOT NULL,
    "amount" bigint NOT NULL,
    "held" bigint NOT NULL,
    "balance_after" bigint NOT NULL,
    "held_after" bigint NOT NULL,
    "actor" bigint,
    "key" bytea,
    "parts" bigint NOT NULL,
    "attempt" bigint NOT NULL,
    "request" text COLLATE "C" NOT NULL,
    "hold" bigint,
    "expires_at" bigint,
    "refunds" bigint,
    "queue" text COLLATE "C",
    "job_kind" text COLLATE "C",
    "account_code" text COLLATE "C",
    "usage" bytea,
    "cost_micros" bigint,
    "currency" text COLLATE "C",
    "price_list" bigint,
    "asked" bigint,
    "extra" text COLLATE "C",
    "denied" bigint,
    "debt" bigint,
    "carried" bigint,
    "needed" bigint,
    "available" bigint,
    "next_reset_at" bigint,
    "words_until" bigint,
    "counterpart" bigint,
    "shared_order" text COLLATE "C",
    "text_digest" bytea,
    "chain" bytea NOT NULL,
    PRIMARY KEY ("tenant", "id")
);

CREATE TABLE "entry_text" (
    "entry" bigint NOT NULL,
    "tenant" bigint NOT NULL,
    "salt" bytea NOT NULL,
    "reason" text COLLATE "C",
    "document" text COLLATE "C",
    "host" text COLLATE "C",
    "erase_at" bigint,
    PRIMARY KEY ("tenant", "entry")
);

CREATE TABLE "refunded" (
    "tenant" bigint NOT NULL,
    "entry" bigint NOT NULL,
    "version" bigint NOT NULL,
    "amount" bigint NOT NULL,
    "uncarried" bigint NOT NULL,
    "voided" bigint NOT NULL,
    PRIMARY KEY ("tenant", "entry")
) WITH (fillfactor = 70);

CREATE TABLE "untracked" (
    "tenant" bigint NOT NULL,
    "key" bytea NOT NULL,
    "version" bigint NOT NULL,
    "number" bigint NOT NULL,
    "state" text COLLATE "C" NOT NULL,
    "attempt" bigint NOT NULL,
    "reported_as" text COLLATE "C",
    "queue" text COLLATE "C",
    "usage" bytea NOT NULL,
    "job_kind" text COLLATE "C",
    "cost_micros" bigint,
    "currency" text COLLATE "C",
    "at" bigint NOT NULL,
    "actor" bigint,
    "assigned_to" bigint,
    "resolved_at" bigint,
    "digest" bytea NOT NULL,
    PRIMARY KEY ("tenant", "key")
) WITH (fillfactor = 70);

-- What nobody was charged for yet: few, among all that ever was.
CREATE INDEX "untracked_by_number" ON "untracked" ("tenant", "number") WHERE "state" = 'open';

CREATE TABLE "strand" (
    "tenant" bigint NOT NULL,
    "number" bigint NOT NULL,
    "events" bigint NOT NULL,
    "chain" bytea NOT NULL,
    "latest_at" bigint NOT NULL,
    "version" bigint NOT NULL,
    PRIMARY KEY ("tenant", "number")
) WITH (fillfactor = 70);

CREATE TABLE "audit_event" (
    "id" bigint NOT NULL,
    "tenant" bigint NOT NULL,
    "strand" bigint NOT NULL,
    "sequence" bigint NOT NULL,
    "at" bigint NOT NULL,
    "actor" bigint,
    "action" text COLLATE "C" NOT NULL,
    "subject_kind" text COLLATE "C" NOT NULL,
    "subject" bigint NOT NULL,
    "text_digest" bytea NOT NULL,
    "chain" bytea NOT NULL,
    PRIMARY KEY ("tenant", "id")
);

CREATE TABLE "audit_text" (
    "audit" bigint NOT NULL,
    "tenant" bigint NOT NULL,
    "salt" bytea NOT NULL,
    "changes" text COLLATE "C" NOT NULL,
    "reason" text COLLATE "C",
    PRIMARY KEY ("tenant", "audit")
);

-- Lists of users: in order, page by page.
CREATE INDEX "user_by_name" ON "user" ("tenant", "name_folded", "id");

-- Those among them who share wallets: few.
CREATE INDEX "user_sharing" ON "user" ("tenant", "name_folded", "id") WHERE "shared_with" IS NOT NULL;

-- The members of a group.
CREATE INDEX "membership_by_group" ON "membership" ("tenant", "user_group", "user");

-- Words whose time will be over: few profiles set one, and nobody else pays for it.
CREATE INDEX "entry_text_by_end" ON "entry_text" ("tenant", "erase_at") WHERE "erase_at" IS NOT NULL;

-- The entries that were written under an idempotency key.
CREATE UNIQUE INDEX "entry_by_key" ON "entry" ("tenant", "key") WHERE "key" IS NOT NULL;

-- What was committed: how many batches, and up to which id. Every commit adds to one of the rows,
-- that of its connection, so that commits of several processes do not wait for each other.
CREATE TABLE "stamp" (
    "shard" bigint NOT NULL PRIMARY KEY,
    "commits" bigint NOT NULL,
    "highest" bigint NOT NULL
) WITH (fillfactor = 10);

INSERT INTO "stamp" SELECT number, 0, 0 FROM generate_series(0, 63) AS number;

-- No commit adds to this one: up to its id no entry is committed any more. See "settle".
INSERT INTO "stamp" VALUES (64, 0, 0);

-- The tenants that have rows in a table whose own key has no tenant: one look at the index each.
CREATE FUNCTION "tenants_of_entry" () RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE found (tenant) AS (
        (SELECT "tenant" FROM "entry" ORDER BY "tenant" LIMIT 1)
        UNION ALL
        SELECT (SELECT "tenant" FROM "entry" WHERE "tenant" > found.tenant ORDER BY "tenant" LIMIT 1)
        FROM found WHERE found.tenant IS NOT NULL
    )
    SELECT tenant FROM found WHERE tenant IS NOT NULL
$$;

-- The tenants that have rows in a table whose own key has no tenant: one look at the index each.
CREATE FUNCTION "tenants_of_entry_text" () RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE found (tenant) AS (
        (SELECT "tenant" FROM "entry_text" ORDER BY "tenant" LIMIT 1)
        UNION ALL
        SELECT (SELECT "tenant" FROM "entry_text" WHERE "tenant" > found.tenant ORDER BY "tenant" LIMIT 1)
        FROM found WHERE found.tenant IS NOT NULL
    )
    SELECT tenant FROM found WHERE tenant IS NOT NULL
$$;

-- The tenants that have rows in a table whose own key has no tenant: one look at the index each.
CREATE FUNCTION "tenants_of_audit_event" () RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE found (tenant) AS (
        (SELECT "tenant" FROM "audit_event" ORDER BY "tenant" LIMIT 1)
        UNION ALL
        SELECT (SELECT "tenant" FROM "audit_event" WHERE "tenant" > found.tenant ORDER BY "tenant" LIMIT 1)
        FROM found WHERE found.tenant IS NOT NULL
    )
    SELECT tenant FROM found WHERE tenant IS NOT NULL
$$;

-- The tenants that have rows in a table whose own key has no tenant: one look at the index each.
CREATE FUNCTION "tenants_of_audit_text" () RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE found (tenant) AS (
        (SELECT "tenant" FROM "audit_text" ORDER BY "tenant" LIMIT 1)
        UNION ALL
        SELECT (SELECT "tenant" FROM "audit_text" WHERE "tenant" > found.tenant ORDER BY "tenant" LIMIT 1)
        FROM found WHERE found.tenant IS NOT NULL
    )
    SELECT tenant FROM found WHERE tenant IS NOT NULL
$$;

-- The preconditions of a commit: what is not as it must be ends the transaction, so that the
-- COMMIT that was sent behind it undoes everything.
CREATE FUNCTION "expect" (counted bigint, wanted bigint, what text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF counted IS DISTINCT FROM wanted THEN
        RAISE EXCEPTION 'not as expected: %', what USING ERRCODE = 'TY001';
    END IF;
END $$;

-- Takes ids for new rows. They are unique in the whole database although no index says so: who
-- takes ids of the same block waits, and those that are not above everything committed are looked
-- for under every tenant. Both lists rise. New entries come behind those that stand still: who
-- drew ids before they did draws others. Who lets entries stand still waits for those who are here.
CREATE FUNCTION "take_ids" (seed bigint, blocks bigint[], entries bigint[], events bigint[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    block bigint;
    top bigint;
    still bigint;
BEGIN
    -- Before the blocks, whose ids are not negative: nobody who has one of those waits for this.
    PERFORM pg_advisory_xact_lock_shared(hashint8extended(-1, seed));
    FOREACH block IN ARRAY blocks LOOP
        PERFORM pg_advisory_xact_lock(hashint8extended(block, seed));
    END LOOP;
    SELECT coalesce(max("highest"), 0), coalesce(max("highest") FILTER (WHERE "shard" = 64), 0)
        INTO top, still FROM "stamp";
    IF entries[1] <= still THEN
        PERFORM "expect" (1, 0, 'entry');
    END IF;
    IF entries[1] <= top THEN
        PERFORM "expect" (count(*), 0, 'entry') FROM "tenants_of_entry" () AS of (tenant)
        JOIN unnest(entries) AS new (id) ON new.id <= top
        JOIN "entry" AS old ON old."tenant" = of.tenant AND old."id" = new.id;
    END IF;
    IF events[1] <= top THEN
        PERFORM "expect" (count(*), 0, 'audit_event') FROM "tenants_of_audit_event" () AS of (tenant)
        JOIN unnest(events) AS new (id) ON new.id <= top
        JOIN "audit_event" AS old ON old."tenant" = of.tenant AND old."id" = new.id;
    END IF;
END $$;

-- Lets entries stand still up to an id, or up to the highest if that is -1, and gives how far they do: what is
-- being committed is waited for, and what comes later draws ids behind it. Each statement in here
-- sees what was committed before it began.
CREATE FUNCTION "settle" (seed bigint, wanted bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    still bigint;
    goal bigint;
BEGIN
    SELECT coalesce(max("highest") FILTER (WHERE "shard" = 64), 0), coalesce(nullif(wanted, -1), max("highest"), 0)
        INTO still, goal FROM "stamp";
    IF still < goal THEN
        PERFORM pg_advisory_xact_lock(hashint8extended(-1, seed));
        UPDATE "stamp" SET "highest" = greatest("highest", goal) WHERE "shard" = 64
            RETURNING "highest" INTO still;
    END IF;
    RETURN still;
END $$;
