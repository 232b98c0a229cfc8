-- Tables that are called as the parameters and variables of functions are, and refer to each other.
CREATE TABLE users (id int PRIMARY KEY, note text UNIQUE);
DO $$
DECLARE
    called text;
BEGIN
    FOREACH called IN ARRAY ARRAY['argument', 'cached', 'count', 'created', 'cursor', 'dao', 'deleted', 'each', 'err', 'exists', 'found', 'key',
        'limit', 'list', 'lock', 'of', 'other', 'owner', 'query', 'record', 'related', 'released', 'session', 'set', 'skip', 'updated', 'value']
    LOOP
        EXECUTE format('CREATE TABLE %I (id int, note text UNIQUE, user_id int REFERENCES users, %1$I int UNIQUE, PRIMARY KEY (id%s))',
            called, CASE WHEN called IN ('key', 'query', 'session') THEN ', note' END);
        EXECUTE format('CREATE TABLE %I (id int PRIMARY KEY, a int, b text, FOREIGN KEY (a%s) REFERENCES %I)', called || '_of',
            CASE WHEN called IN ('key', 'query', 'session') THEN ', b' END, called);
    END LOOP;
END $$;
-- The same foreign key twice, and two by one column.
CREATE TABLE twice (id int PRIMARY KEY, user_id int REFERENCES users);
ALTER TABLE twice ADD CONSTRAINT twice_user_again FOREIGN KEY (user_id) REFERENCES users;
CREATE TABLE sons (user_id int PRIMARY KEY REFERENCES users);
CREATE TABLE pairs (id int PRIMARY KEY, user_id int, CONSTRAINT pair_user FOREIGN KEY (user_id) REFERENCES users,
    CONSTRAINT pair_son FOREIGN KEY (user_id) REFERENCES sons);
