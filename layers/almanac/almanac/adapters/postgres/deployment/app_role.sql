-- The role that functions sign in as. A role's name can be no parameter, so it is described first and read back, quoted.

-- name: describe_app_role
SELECT set_config('almanac.app_role', :name, true), set_config('almanac.app_verifier', :verifier, true),
    set_config('almanac.app_iam', :iam, true);

-- name: make_app_role
DO $make$
DECLARE
    app text := current_setting('almanac.app_role');
    verifier text := current_setting('almanac.app_verifier');
    iam boolean := current_setting('almanac.app_iam');
    ours record;
BEGIN
    IF app = current_user THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        EXECUTE format('CREATE ROLE %I LOGIN', app);
    END IF;
    IF verifier <> '' THEN
        EXECUTE format('ALTER ROLE %I PASSWORD %L', app, verifier);
    END IF;
    IF iam AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
        EXECUTE format('GRANT rds_iam TO %I', app);
    END IF;
    IF NOT has_database_privilege(app, current_database(), 'CONNECT') THEN
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), app);
    END IF;
    IF NOT has_schema_privilege(app, current_schema(), 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), app);
    END IF;
    FOR ours IN
        SELECT c.oid::regclass AS name, c.relkind = 'S' AS sequence
        FROM pg_class c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relowner = current_user::regrole
            AND c.relkind IN ('r', 'p', 'v', 'S')
    LOOP
        EXECUTE format(
            CASE WHEN ours.sequence THEN 'GRANT USAGE, SELECT ON SEQUENCE %s TO %I'
                ELSE 'GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I' END,
            ours.name, app
        );
    END LOOP;
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON almanac_migrations FROM %I', app);
END
$make$;
