-- The tables of the records, column by column as the core describes them; a test compares.
--
-- Rows that belong together lie together: where a key has several columns, the table is ordered by
-- it. Entries, audit events and their words are ordered by an id that rises, so that they are
-- written at the end. Nothing refers to anything by a foreign key, and nothing is unique but keys:
-- those are rules, and the core has them.

CREATE TABLE "tenant" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "default_profile" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "card_pipeline" TEXT NOT NULL,
    "pin_length" INTEGER NOT NULL,
    "pin_alphabet" TEXT NOT NULL,
    "pin_floor" TEXT NOT NULL,
    "low_funds" TEXT NOT NULL,
    "time_zone_database" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "digests" BLOB NOT NULL
) STRICT;

CREATE TABLE "price_list" (
    "tenant" INTEGER NOT NULL,
    "id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "retired" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "rounding" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "id")
) STRICT, WITHOUT ROWID;

CREATE TABLE "price_rule" (
    "tenant" INTEGER NOT NULL,
    "price_list" INTEGER NOT NULL,
    "revision" INTEGER NOT NULL,
    "place" INTEGER NOT NULL,
    "effective_from" INTEGER NOT NULL,
    "queue" TEXT,
    "media" TEXT,
    "mono_page_micros" INTEGER NOT NULL,
    "colour_page_micros" INTEGER NOT NULL,
    "sheet_micros" INTEGER NOT NULL,
    "area_micros" INTEGER NOT NULL,
    "job_micros" INTEGER NOT NULL,
    "two_sided_numerator" INTEGER NOT NULL,
    "two_sided_denominator" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "price_list", "revision", "place")
) STRICT, WITHOUT ROWID;

CREATE TABLE "profile" (
    "tenant" INTEGER NOT NULL,
    "id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "retired" INTEGER NOT NULL,
    "price_list" INTEGER,
    "tracking" TEXT NOT NULL,
    "stacking" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "id")
) STRICT, WITHOUT ROWID;

CREATE TABLE "plan_revision" (
    "tenant" INTEGER NOT NULL,
    "plan" INTEGER NOT NULL,
    "revision" INTEGER NOT NULL,
    "owner" TEXT NOT NULL,
    "effective_from" INTEGER NOT NULL,
    "priority" INTEGER NOT NULL,
    "measure" TEXT NOT NULL,
    "amount" INTEGER NOT NULL,
    "schedule" TEXT NOT NULL,
    "time_of_day" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL,
    "verb" TEXT NOT NULL,
    "run_if_missed" INTEGER NOT NULL,
    "suspended" INTEGER NOT NULL,
    "when_exhausted" TEXT NOT NULL,
    "overdraft" INTEGER NOT NULL,
    "low_balances" TEXT NOT NULL,
    "ended" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "plan", "revision")
) STRICT, WITHOUT ROWID;

CREATE TABLE "role" (
    "tenant" INTEGER NOT NULL,
    "id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "retired" INTEGER NOT NULL,
    "production" INTEGER NOT NULL,
    "created_at" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "id")
) STRICT, WITHOUT ROWID;

CREATE TABLE "role_permission" (
    "tenant" INTEGER NOT NULL,
    "role" INTEGER NOT NULL,
    "permission" TEXT NOT NULL,
    PRIMARY KEY ("tenant", "role", "permission")
) STRICT, WITHOUT ROWID;

CREATE TABLE "user_group" (
    "tenant" INTEGER NOT NULL,
    "id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "retired" INTEGER NOT NULL,
    "created_at" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "id")
) STRICT, WITHOUT ROWID;

CREATE TABLE "account" (
    "tenant" INTEGER NOT NULL,
    "id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "retired" INTEGER NOT NULL,
    "created_at" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "id")
) STRICT, WITHOUT ROWID;

CREATE TABLE "user" (
    "tenant" INTEGER NOT NULL,
    "id" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "username" TEXT,
    "network_name" TEXT,
    "network_domain" TEXT,
    "email" TEXT,
    "active" INTEGER NOT NULL,
    "production" INTEGER NOT NULL,
    "restricted" INTEGER NOT NULL,
    "price_percent" INTEGER,
    "shared_with" TEXT,
    "account_code" TEXT,
    "department" TEXT,
    "office" TEXT,
    "home" TEXT,
    "notes" TEXT,
    "profile" INTEGER NOT NULL,
    "profile_since" INTEGER NOT NULL,
    "groups" TEXT NOT NULL,
    "role" INTEGER,
    "created_at" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "name_folded" TEXT NOT NULL,
    "username_folded" TEXT,
    "network_name_folded" TEXT,
    "email_folded" TEXT,
    "account_code_folded" TEXT,
    "digest" BLOB NOT NULL,
    PRIMARY KEY ("tenant", "id")
) STRICT, WITHOUT ROWID;

CREATE TABLE "identity" (
    "tenant" INTEGER NOT NULL,
    "user" INTEGER NOT NULL,
    "id" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "shown" TEXT NOT NULL,
    "sealed" BLOB,
    "label" TEXT,
    "enabled" INTEGER NOT NULL,
    "is_primary" INTEGER NOT NULL,
    "alone" INTEGER NOT NULL,
    "source" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "user", "id")
) STRICT, WITHOUT ROWID;

CREATE TABLE "membership" (
    "tenant" INTEGER NOT NULL,
    "user" INTEGER NOT NULL,
    "user_group" INTEGER NOT NULL,
    "since" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "user", "user_group")
) STRICT, WITHOUT ROWID;

CREATE TABLE "role_row" (
    "tenant" INTEGER NOT NULL,
    "user" INTEGER NOT NULL,
    "id" INTEGER NOT NULL,
    "role" INTEGER NOT NULL,
    "all_accounts" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "user", "id")
) STRICT, WITHOUT ROWID;

CREATE TABLE "role_row_account" (
    "tenant" INTEGER NOT NULL,
    "user" INTEGER NOT NULL,
    "role_row" INTEGER NOT NULL,
    "account" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "user", "role_row", "account")
) STRICT, WITHOUT ROWID;

CREATE TABLE "claim" (
    "tenant" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "user" INTEGER NOT NULL,
    "identity" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "kind", "value")
) STRICT, WITHOUT ROWID;

CREATE TABLE "uses" (
    "tenant" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "id" INTEGER NOT NULL,
    "users" INTEGER NOT NULL,
    "active_users" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "kind", "id")
) STRICT, WITHOUT ROWID;

CREATE TABLE "wallet" (
    "tenant" INTEGER NOT NULL,
    "owner" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "feed" INTEGER NOT NULL,
    "measure" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "balance" INTEGER NOT NULL,
    "held" INTEGER NOT NULL,
    "hold_expires_at" INTEGER,
    "spent" INTEGER NOT NULL,
    "used" INTEGER NOT NULL,
    "carried" INTEGER NOT NULL,
    "fed" INTEGER NOT NULL,
    "entries" INTEGER NOT NULL,
    "last_entry" INTEGER NOT NULL,
    "chain" BLOB NOT NULL,
    "settled_at" INTEGER NOT NULL,
    "missed" INTEGER NOT NULL,
    "given" INTEGER NOT NULL,
    "taken_back" INTEGER,
    "used_by_day" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "next_due_at" INTEGER,
    "latest_at" INTEGER NOT NULL,
    "last_job_at" INTEGER,
    PRIMARY KEY ("tenant", "owner", "kind", "feed")
) STRICT, WITHOUT ROWID;

CREATE TABLE "hold" (
    "tenant" INTEGER NOT NULL,
    "id" INTEGER NOT NULL,
    "owner" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "expires_at" INTEGER NOT NULL,
    "resolved_at" INTEGER,
    "settled_by" BLOB,
    "job_kind" TEXT,
    "shared_by" INTEGER,
    "shared_order" TEXT,
    PRIMARY KEY ("tenant", "id")
) STRICT, WITHOUT ROWID;

CREATE TABLE "hold_part" (
    "tenant" INTEGER NOT NULL,
    "owner" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "feed" INTEGER NOT NULL,
    "hold" INTEGER NOT NULL,
    "amount" INTEGER NOT NULL,
    "expires_at" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "owner", "kind", "feed", "hold")
) STRICT, WITHOUT ROWID;

-- No index here: one over owners or keys would dirty another page with every charge. A wallet's
-- entries are found along "previous", those of a key as the table "receipt_index" says.
CREATE TABLE "entry" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "tenant" INTEGER NOT NULL,
    "owner" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "feed" INTEGER NOT NULL,
    "sequence" INTEGER NOT NULL,
    "previous" INTEGER NOT NULL,
    "at" INTEGER NOT NULL,
    "due_at" INTEGER,
    "verb" TEXT NOT NULL,
    "amount" INTEGER NOT NULL,
    "held" INTEGER NOT NULL,
    "balance_after" INTEGER NOT NULL,
    "held_after" INTEGER NOT NULL,
    "actor" INTEGER,
    "key" BLOB,
    "parts" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "request" TEXT NOT NULL,
    "hold" INTEGER,
    "expires_at" INTEGER,
    "refunds" INTEGER,
    "queue" TEXT,
    "job_kind" TEXT,
    "account_code" TEXT,
    "usage" BLOB,
    "cost_micros" INTEGER,
    "currency" TEXT,
    "price_list" INTEGER,
    "asked" INTEGER,
    "extra" TEXT,
    "denied" INTEGER,
    "debt" INTEGER,
    "carried" INTEGER,
    "needed" INTEGER,
    "available" INTEGER,
    "next_reset_at" INTEGER,
    "words_until" INTEGER,
    "counterpart" INTEGER,
    "shared_order" TEXT,
    "text_digest" BLOB,
    "chain" BLOB NOT NULL
) STRICT;

CREATE TABLE "entry_text" (
    "entry" INTEGER NOT NULL PRIMARY KEY,
    "tenant" INTEGER NOT NULL,
    "salt" BLOB NOT NULL,
    "reason" TEXT,
    "document" TEXT,
    "host" TEXT,
    "erase_at" INTEGER
) STRICT;

-- Words whose time will be over: few profiles set one, and nobody else pays for it.
CREATE INDEX "entry_text_by_end" ON "entry_text" ("tenant", "erase_at") WHERE "erase_at" IS NOT NULL;

CREATE TABLE "refunded" (
    "tenant" INTEGER NOT NULL,
    "entry" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "amount" INTEGER NOT NULL,
    "uncarried" INTEGER NOT NULL,
    "voided" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "entry")
) STRICT, WITHOUT ROWID;

CREATE TABLE "untracked" (
    "tenant" INTEGER NOT NULL,
    "key" BLOB NOT NULL,
    "version" INTEGER NOT NULL,
    "number" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "reported_as" TEXT,
    "queue" TEXT,
    "usage" BLOB NOT NULL,
    "job_kind" TEXT,
    "cost_micros" INTEGER,
    "currency" TEXT,
    "at" INTEGER NOT NULL,
    "actor" INTEGER,
    "assigned_to" INTEGER,
    "resolved_at" INTEGER,
    "digest" BLOB NOT NULL,
    PRIMARY KEY ("tenant", "key")
) STRICT, WITHOUT ROWID;

-- What nobody was charged for yet: few, among all that ever was.
CREATE INDEX "untracked_by_number" ON "untracked" ("tenant", "number") WHERE "state" = 'open';

CREATE TABLE "strand" (
    "tenant" INTEGER NOT NULL,
    "number" INTEGER NOT NULL,
    "events" INTEGER NOT NULL,
    "chain" BLOB NOT NULL,
    "latest_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    PRIMARY KEY ("tenant", "number")
) STRICT, WITHOUT ROWID;

CREATE TABLE "audit_event" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "tenant" INTEGER NOT NULL,
    "strand" INTEGER NOT NULL,
    "sequence" INTEGER NOT NULL,
    "at" INTEGER NOT NULL,
    "actor" INTEGER,
    "action" TEXT NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject" INTEGER NOT NULL,
    "text_digest" BLOB NOT NULL,
    "chain" BLOB NOT NULL
) STRICT;

CREATE TABLE "audit_text" (
    "audit" INTEGER NOT NULL PRIMARY KEY,
    "tenant" INTEGER NOT NULL,
    "salt" BLOB NOT NULL,
    "changes" TEXT NOT NULL,
    "reason" TEXT
) STRICT;

-- Lists of users: in order, page by page. It holds what is searched too, so that a search reads
-- nothing else.
CREATE INDEX "user_by_name" ON "user" (
    "tenant", "name_folded", "id", "active", "profile",
    "username_folded", "network_name_folded", "email_folded", "account_code_folded"
);

-- Those among them who share wallets: few.
CREATE INDEX "user_sharing" ON "user" ("tenant", "name_folded", "id") WHERE "shared_with" IS NOT NULL;

-- The members of a group.
CREATE INDEX "membership_by_group" ON "membership" ("tenant", "user_group", "user");

-- The audit events of one tenant among many.
CREATE INDEX "audit_event_by_tenant" ON "audit_event" ("tenant", "id");

-- The older idempotency keys: the first 64 bits of the digest, and the entry that has it.
CREATE TABLE "receipt_index" (
    "hash" INTEGER NOT NULL,
    "entry" INTEGER NOT NULL,
    PRIMARY KEY ("hash", "entry")
) STRICT, WITHOUT ROWID;

-- How far that table goes: it has the keys of all entries up to "mark", and of those up to
-- "next_mark" the ones whose hash is below "moved_to". "strays" counts keys of later
-- entries that were put there at once.
CREATE TABLE "receipt_progress" (
    "id" INTEGER NOT NULL PRIMARY KEY CHECK ("id" = 1),
    "mark" INTEGER NOT NULL,
    "next_mark" INTEGER NOT NULL,
    "moved_to" INTEGER NOT NULL,
    "strays" INTEGER NOT NULL
) STRICT;

INSERT INTO "receipt_progress" VALUES (1, 0, 0, 0, 0);
