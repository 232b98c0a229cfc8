-- A unique column of each type that may be one, with NULL and without, and a foreign key to each that may be a primary key.
CREATE TYPE colour AS ENUM ('red', 'blue');
CREATE TABLE uniques (
    id int PRIMARY KEY,
    a_bool bool NOT NULL UNIQUE,
    b_bool bool UNIQUE,
    a_int2 int2 NOT NULL UNIQUE,
    b_int2 int2 UNIQUE,
    a_int4 int4 NOT NULL UNIQUE,
    b_int4 int4 UNIQUE,
    a_int8 int8 NOT NULL UNIQUE,
    b_int8 int8 UNIQUE,
    a_float4 float4 NOT NULL UNIQUE,
    b_float4 float4 UNIQUE,
    a_float8 float8 NOT NULL UNIQUE,
    b_float8 float8 UNIQUE,
    a_numeric numeric NOT NULL UNIQUE,
    b_numeric numeric UNIQUE,
    a_text text NOT NULL UNIQUE,
    b_text text UNIQUE,
    a_varchar9 varchar(9) NOT NULL UNIQUE,
    b_varchar9 varchar(9) UNIQUE,
    a_char3 char(3) NOT NULL UNIQUE,
    b_char3 char(3) UNIQUE,
    a_bytea bytea NOT NULL UNIQUE,
    b_bytea bytea UNIQUE,
    a_date date NOT NULL UNIQUE,
    b_date date UNIQUE,
    a_time time NOT NULL UNIQUE,
    b_time time UNIQUE,
    a_timestamptz timestamptz NOT NULL UNIQUE,
    b_timestamptz timestamptz UNIQUE,
    a_timestamp timestamp NOT NULL UNIQUE,
    b_timestamp timestamp UNIQUE,
    a_uuid uuid NOT NULL UNIQUE,
    b_uuid uuid UNIQUE,
    a_inet inet NOT NULL UNIQUE,
    b_inet inet UNIQUE,
    a_cidr cidr NOT NULL UNIQUE,
    b_cidr cidr UNIQUE,
    a_colour colour NOT NULL UNIQUE,
    b_colour colour UNIQUE
);
CREATE TABLE by_bool (id bool PRIMARY KEY, note text);
CREATE TABLE of_bool (id int PRIMARY KEY, key_id bool NOT NULL REFERENCES by_bool, other_id bool REFERENCES by_bool);
CREATE TABLE by_int2 (id int2 PRIMARY KEY, note text);
CREATE TABLE of_int2 (id int PRIMARY KEY, key_id int2 NOT NULL REFERENCES by_int2, other_id int2 REFERENCES by_int2);
CREATE TABLE by_int4 (id int4 PRIMARY KEY, note text);
CREATE TABLE of_int4 (id int PRIMARY KEY, key_id int4 NOT NULL REFERENCES by_int4, other_id int4 REFERENCES by_int4);
CREATE TABLE by_int8 (id int8 PRIMARY KEY, note text);
CREATE TABLE of_int8 (id int PRIMARY KEY, key_id int8 NOT NULL REFERENCES by_int8, other_id int8 REFERENCES by_int8);
CREATE TABLE by_text (id text PRIMARY KEY, note text);
CREATE TABLE of_text (id int PRIMARY KEY, key_id text NOT NULL REFERENCES by_text, other_id text REFERENCES by_text);
CREATE TABLE by_varchar9 (id varchar(9) PRIMARY KEY, note text);
CREATE TABLE of_varchar9 (id int PRIMARY KEY, key_id varchar(9) NOT NULL REFERENCES by_varchar9, other_id varchar(9) REFERENCES by_varchar9);
CREATE TABLE by_char3 (id char(3) PRIMARY KEY, note text);
CREATE TABLE of_char3 (id int PRIMARY KEY, key_id char(3) NOT NULL REFERENCES by_char3, other_id char(3) REFERENCES by_char3);
CREATE TABLE by_bytea (id bytea PRIMARY KEY, note text);
CREATE TABLE of_bytea (id int PRIMARY KEY, key_id bytea NOT NULL REFERENCES by_bytea, other_id bytea REFERENCES by_bytea);
CREATE TABLE by_date (id date PRIMARY KEY, note text);
CREATE TABLE of_date (id int PRIMARY KEY, key_id date NOT NULL REFERENCES by_date, other_id date REFERENCES by_date);
CREATE TABLE by_time (id time PRIMARY KEY, note text);
CREATE TABLE of_time (id int PRIMARY KEY, key_id time NOT NULL REFERENCES by_time, other_id time REFERENCES by_time);
CREATE TABLE by_timestamptz (id timestamptz PRIMARY KEY, note text);
CREATE TABLE of_timestamptz (id int PRIMARY KEY, key_id timestamptz NOT NULL REFERENCES by_timestamptz, other_id timestamptz REFERENCES by_timestamptz);
CREATE TABLE by_timestamp (id timestamp PRIMARY KEY, note text);
CREATE TABLE of_timestamp (id int PRIMARY KEY, key_id timestamp NOT NULL REFERENCES by_timestamp, other_id timestamp REFERENCES by_timestamp);
CREATE TABLE by_uuid (id uuid PRIMARY KEY, note text);
CREATE TABLE of_uuid (id int PRIMARY KEY, key_id uuid NOT NULL REFERENCES by_uuid, other_id uuid REFERENCES by_uuid);
CREATE TABLE by_inet (id inet PRIMARY KEY, note text);
CREATE TABLE of_inet (id int PRIMARY KEY, key_id inet NOT NULL REFERENCES by_inet, other_id inet REFERENCES by_inet);
CREATE TABLE by_cidr (id cidr PRIMARY KEY, note text);
CREATE TABLE of_cidr (id int PRIMARY KEY, key_id cidr NOT NULL REFERENCES by_cidr, other_id cidr REFERENCES by_cidr);
CREATE TABLE by_colour (id colour PRIMARY KEY, note text);
CREATE TABLE of_colour (id int PRIMARY KEY, key_id colour NOT NULL REFERENCES by_colour, other_id colour REFERENCES by_colour);
INSERT INTO uniques (id, a_bool, a_int2, a_int4, a_int8, a_float4, a_float8, a_numeric, a_text, a_varchar9, a_char3, a_bytea, a_date, a_time,
    a_timestamptz, a_timestamp, a_uuid, a_inet, a_cidr, a_colour, b_bytea, b_date)
    VALUES (1, true, 1, 1, 1, 1, 1, 1.50, 'a', 'a', 'a', 'a', '1970-01-01', '10:00', now(), now(), '01000000-0000-0000-0000-000000000000',
    '10.0.0.1', '10.0.0.0/8', 'red', 'x', '1970-01-02');
