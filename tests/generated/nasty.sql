-- One table for each thing that cannot be modelled as it is.
CREATE TABLE keyless (a int);
CREATE TABLE places (id int PRIMARY KEY, at point, home point NOT NULL);
CREATE TABLE "Mixed Name" (id int PRIMARY KEY);
CREATE TABLE classes (id int PRIMARY KEY);
CREATE TABLE logs (id int PRIMARY KEY);
CREATE TABLE odd (id int PRIMARY KEY, "first name" text, "9lives" text, "größe" int);
CREATE TABLE floats (id float8 PRIMARY KEY);
CREATE TABLE grids (id int PRIMARY KEY, cells int[][]);
CREATE TABLE clashes (id int PRIMARY KEY, "class" text, class_ text);
CREATE TABLE members (id int PRIMARY KEY);
CREATE TABLE notes (id int PRIMARY KEY, member_id int REFERENCES members);
CREATE TABLE likes (member_id int REFERENCES members, note_id int REFERENCES notes, PRIMARY KEY (member_id, note_id));
CREATE TABLE pets (id int PRIMARY KEY, member text, member_id int REFERENCES members);
CREATE TABLE goat (id int PRIMARY KEY);
CREATE TABLE goats (id int PRIMARY KEY);
CREATE TYPE ups AS ENUM ('a');
CREATE DOMAIN downs AS ups;
CREATE TABLE ends (id downs PRIMARY KEY);
CREATE TYPE unsaid AS ENUM ();
CREATE TABLE moods (id int PRIMARY KEY, mood unsaid);
CREATE TABLE std (id int PRIMARY KEY);
CREATE TABLE aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg (id int PRIMARY KEY, up int
    REFERENCES aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg);
DO $$ BEGIN
EXECUTE 'CREATE TABLE wide (id int PRIMARY KEY, ' || (SELECT string_agg('c' || i || ' int', ',') FROM generate_series(1, 64) i) || ')';
EXECUTE 'CREATE TABLE deep (' || (SELECT string_agg('c' || i || ' int', ',') FROM generate_series(1, 9) i)
    || ', PRIMARY KEY (' || (SELECT string_agg('c' || i, ',') FROM generate_series(1, 9) i) || '))';
END $$;
