-- Configurations are locked in the order of their tenants, whether they are shared or taken: two that
-- each change what the other rests on wait for each other, and never in a circle. And no mark: what
-- became of a transaction is what its COMMIT is answered with.

-- Locks what a batch rests on, and expects it to be as it was read. Each statement in here sees what
-- was committed before it began, so also what the locks waited for.
CREATE FUNCTION "rest_on" (
    seed bigint, taken bigint[], shared bigint[], locks text,
    tenants bigint[], tenant_versions bigint[],
    user_tenants bigint[], users bigint[], user_versions bigint[],
    claim_tenants bigint[], claim_kinds text[], claim_values text[], claim_versions bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    config record;
BEGIN
    -- Whatever the role or the database say by default.
    PERFORM set_config('synchronous_commit', 'on', true);
    FOR config IN
        SELECT tenant, true AS changes FROM unnest(taken) AS tenant
        UNION ALL SELECT tenant, false FROM unnest(shared) AS tenant ORDER BY tenant
    LOOP
        IF config.changes THEN
            PERFORM pg_advisory_xact_lock(hashint8extended(config.tenant, seed));
        ELSE
            PERFORM pg_advisory_xact_lock_shared(hashint8extended(config.tenant, seed));
        END IF;
    END LOOP;
    IF locks <> '' THEN
        EXECUTE locks;
    END IF;
    PERFORM "expect" (count(*), cardinality(tenants), 'tenant')
        FROM unnest(tenants, tenant_versions) AS k (id, wanted)
        JOIN "tenant" AS s ON s."id" = k.id AND s."version" = k.wanted;
    IF cardinality(users) > 0 THEN
        PERFORM "expect" (count(*), cardinality(users), 'user') FROM (
            SELECT s."version" AS stood, k.wanted
            FROM unnest(user_tenants, users, user_versions) AS k (tenant, id, wanted)
            JOIN "user" AS s ON s."tenant" = k.tenant AND s."id" = k.id
            ORDER BY s."tenant", s."id" FOR SHARE OF s
        ) AS stored WHERE stood = wanted;
    END IF;
    IF cardinality(claim_values) > 0 THEN
        PERFORM "expect" (count(*), cardinality(claim_values), 'claim') FROM (
            SELECT s."version" AS stood, k.wanted
            FROM unnest(claim_tenants, claim_kinds, claim_values, claim_versions)
                AS k (tenant, kind, value, wanted)
            JOIN "claim" AS s ON s."tenant" = k.tenant AND s."kind" = k.kind
                AND s."value" = k.value
            ORDER BY s."tenant", s."kind", s."value" FOR SHARE OF s
        ) AS stored WHERE stood = wanted;
    END IF;
END $$;
